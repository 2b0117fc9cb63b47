import { CallError, type OpenUpstream, openUpstreams, type ShownOption } from '@parley/contract';
import type { AdminHandlers, AdministeredService } from './administered-service.ts';
import type { SetFault } from './faults.ts';
import type { Readings } from './readings.ts';
import { shownOf } from './upstream-overrides.ts';

/** The operations that act. */
export type Acts = Omit<AdminHandlers, keyof Readings>;

/** Lets operators act on a service. Each act has a line in the audit. */
export function acts(service: AdministeredService): Acts {
  return { ...actsOnService(service), ...actsOnUpstreams(service) };
}

type UpstreamActs = 'setCircuit' | 'setOptions' | 'endOptions';

function actsOnUpstreams({ overrides, audit }: AdministeredService): Pick<Acts, UpstreamActs> {
  return {
    async setCircuit({ upstream: name, endpoint, circuit }, { extras }) {
      const upstream = upstreamNamed(name);
      const before = circuitOf(upstream, endpoint);
      const control = upstream.circuit(endpoint);
      if (circuit === 'auto') control.auto();
      else if (circuit === 'open') control.forceOpen();
      else control.forceClose();
      const after = circuitOf(upstream, endpoint);
      audit.acted('setCircuit', extras.peer, { upstream: name, endpoint, before, after });
      return { before, after };
    },

    async setOptions({ upstream: name, values, forMs }, { extras }) {
      const upstream = upstreamNamed(name);
      const names = new Set(Object.keys(values));
      if (names.size === 0) throw new CallError('invalid_input', 'values must have an option, such as maxAttempts');
      const before = [...shownOf(upstream, names)];
      overrides.set(upstream, values, forMs, ({ options }) => {
        const ended = new Set(options.map((option) => option.name));
        const details = { before: valuesOf(options), after: valuesOf(shownOf(upstream, ended)) };
        audit.ended('setOptions', { upstream: name, ...details });
      });
      const after = [...shownOf(upstream, names)];
      const endsAt = overrides.endsAt(upstream);
      const details = { before: valuesOf(before), after: valuesOf(after), endsAt };
      audit.acted('setOptions', extras.peer, { upstream: name, ...details });
      return { before, after, endsAt };
    },

    async endOptions({ upstream: name }, { extras }) {
      const upstream = upstreamNamed(name);
      const before = [...overrides.end(upstream).options];
      const after = [...shownOf(upstream, new Set(before.map((option) => option.name)))];
      const details = { before: valuesOf(before), after: valuesOf(after) };
      audit.acted('endOptions', extras.peer, { upstream: name, ...details });
      return { before, after };
    },
  };
}

function actsOnService({ isDraining, drain, logLevel, faults, audit }: AdministeredService): Omit<Acts, UpstreamActs> {
  return {
    async setLogLevel({ level, forMs }, { extras }) {
      const before = logLevel.status.level;
      logLevel.change({ level, forMs });
      const { level: after, endsAt } = logLevel.status;
      audit.acted('setLogLevel', extras.peer, { before, after, endsAt });
      return { before, after, endsAt };
    },

    async setFault({ operation, forMs, ...fault }, { extras }) {
      if (fault.delayMs === undefined && fault.abort === undefined) {
        throw new CallError('invalid_input', 'A fault needs delayMs, abort or both');
      }
      const before = faults.of(operation);
      faults.set(operation, fault, forMs, () => {
        audit.ended('setFault', { operation, before: faults.of(operation) });
      });
      const after = faults.of(operation) as SetFault;
      audit.acted('setFault', extras.peer, { operation, before, after });
      return { before, after };
    },

    async endFault({ operation }, { extras }) {
      const before = faults.of(operation);
      faults.end(operation);
      audit.acted('endFault', extras.peer, { operation, before });
      return { before };
    },

    async drain(_input, { extras }) {
      audit.acted('drain', extras.peer, { before: isDraining(), after: true });
      setImmediate(drain); // after the reply
      return { isDraining: true };
    },
  };
}

function valuesOf(options: readonly ShownOption[]): Readonly<Record<string, ShownOption['value']>> {
  return Object.fromEntries(options.map(({ name, value }) => [name, value]));
}

function upstreamNamed(name: string): OpenUpstream {
  const open = openUpstreams();
  const found = open.find((upstream) => upstream.name === name);
  if (found) return found;
  const known = open.map((upstream) => upstream.name).join(', ') || 'none';
  throw new CallError('not_found', `This service has no upstream ${JSON.stringify(name)}; it has: ${known}`);
}

function circuitOf(upstream: OpenUpstream, address: string) {
  const { endpoints } = upstream.status();
  const found = endpoints.find((endpoint) => endpoint.address === address);
  if (found) return found.circuit;
  const known =
    endpoints.map((endpoint) => endpoint.address).join(', ') ||
    'none so far, since its addresses are looked up at the first call';
  throw new CallError('not_found', `${upstream.name} has no endpoint ${JSON.stringify(address)}; it has: ${known}`);
}
