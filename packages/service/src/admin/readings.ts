import { openUpstreams, slowMs } from '@parley/contract';
import type { AdminHandlers, AdministeredService } from './administered-service.ts';
import { lint } from './lint.ts';
import { serviceOptions } from './service-options.ts';
import { serviceSnapshot, upstreamSnapshots } from './snapshot.ts';

/** The operations that read. */
export type Readings = Pick<
  AdminHandlers,
  'getService' | 'listUpstreams' | 'listCalls' | 'getOptions' | 'watchEvents' | 'lint'
>;

/** Shows a service to its operators. Reading changes nothing. */
export function readings(service: AdministeredService): Readings {
  const { contract, recent, effective, events, overrides } = service;
  return {
    async getService() {
      return serviceSnapshot(service);
    },

    async listUpstreams() {
      return { upstreams: upstreamSnapshots() };
    },

    async listCalls() {
      return { slowMs, calls: [...recent.calls()], requests: [...recent.requests()] };
    },

    watchEvents(_input, { signal, extras: { drop } }) {
      const snapshot = () => ({
        kind: 'snapshot' as const,
        at: new Date().toISOString(),
        service: serviceSnapshot(service),
        upstreams: upstreamSnapshots(),
      });
      return events.read(snapshot, { signal, drop });
    },

    async lint() {
      return { findings: [...lint({ contract, effective, upstreams: openUpstreams() })] };
    },

    async getOptions() {
      const upstreams = openUpstreams().map((upstream) => ({
        name: upstream.name,
        options: [...(upstream.shownOptions?.() ?? [])],
        endsAt: overrides.endsAt(upstream),
      }));
      return { service: [...serviceOptions(effective)], upstreams };
    },
  };
}
