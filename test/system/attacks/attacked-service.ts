import { readdirSync, readFileSync } from 'node:fs';
import { type RunningService, startMain } from '../../running-service.ts';

/** What a quick call shows of an attacked service. */
export interface Look {
  readonly status: number;
  readonly code: string | undefined;
  readonly inFlight: number;
  readonly ended: number;
}

/** A service that is attacked, as a process of its own. */
export interface AttackedService extends RunningService {
  readonly port: number;
  /** How many descriptors its process has open. */
  descriptors(): number;
  /** Memory of its process, in MiB. */
  residentMib(): number;
  /** A quick call: its status, the code of its problem, requests in flight with it, and how many streams have come to their `finally`. */
  look(): Promise<Look>;
}

/** Starts it. `options` are those of `serve`, as far as JSON can tell them. */
export async function startAttacked(options: Record<string, unknown> = {}): Promise<AttackedService> {
  const service = await startMain('test/system/attacks/attacked-main.ts', { SERVE_OPTIONS: JSON.stringify(options) });
  const { pid } = service.process;
  return {
    ...service,
    port: Number(new URL(service.url).port),
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    residentMib: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
    async look() {
      const reply = await fetch(`${service.url}/api/quick`, { headers: { 'x-request-timeout-ms': '9000' } });
      const { ended = 0, type } = (await reply.json()) as { readonly ended?: number; readonly type?: string };
      const inFlight = Number(/in_flight=(\d+)/.exec(reply.headers.get('endpoint-load-metrics') ?? '')?.[1]);
      return { status: reply.status, code: type?.replace(/.*:/, ''), inFlight, ended };
    },
  };
}
