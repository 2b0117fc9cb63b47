import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { ProbeRequest } from './probe-request.ts';
import { type ProbeReply, sendProbe } from './send-probe.ts';

/** What became of the requests that were sent meanwhile. */
export interface VerificationReport {
  readonly sent: number;
  /** Requests without a success: no reply, or a status from 400 on. */
  readonly lost: number;
  /** What came instead, and how often: `{ "GET /api/hello 502 upstream_failed": 1 }`. */
  readonly failures: Readonly<Record<string, number>>;
  /** POSTs, each with an `Idempotency-Key` of its own. */
  readonly keyed: number;
  /** Keys whose second answer was not the first one: the effect was there twice. */
  readonly duplicated: number;
  readonly slowestMs: number;
}

/** Requests that are being sent. */
export interface Verification {
  /** Waits for those that are under way, and sends each key once more. */
  stop(): Promise<VerificationReport>;
}

/** A write that succeeded. */
interface Written {
  readonly probe: ProbeRequest;
  readonly key: string;
  readonly digest: string;
}

/** A service that hangs must not collect requests without bound. */
const mostUnderWay = 200;
const askedAgainAtOnce = 8;
const tickMs = 10;

const isSuccess = ({ status }: ProbeReply) => status !== undefined && status < 400;

/** The nth request of a probe. */
const numbered = ({ method, path, body }: ProbeRequest, n: number): ProbeRequest => ({
  method,
  path: path.replaceAll('{n}', String(n)),
  body: body?.replaceAll('{n}', String(n)),
});

/** Sends each probe once, to see that it succeeds at all. Gives the first that does not, with what came. */
export async function failingProbe(baseUrl: string, probes: readonly ProbeRequest[]): Promise<string | undefined> {
  const agent = agentFor(baseUrl, false);
  for (const probe of probes) {
    const reply = await sendProbe(agent, baseUrl, numbered(probe, 0), keyFor(probe));
    if (!isSuccess(reply)) return `${probe.method} ${probe.path} brings ${reply.label}`;
  }
  return undefined;
}

/**
 * Sends probes at a steady rate, each in its turn, without retries, whatever becomes of them.
 *
 * @param baseUrl of the gateway
 * @param perSecond requests a second
 */
export function startVerification(baseUrl: string, probes: readonly ProbeRequest[], perSecond: number): Verification {
  const agent = agentFor(baseUrl, true);
  const underWay = new Set<Promise<void>>();
  const written: Written[] = [];
  const failures: Record<string, number> = {};
  const startMs = performance.now();
  let sent = 0;
  let keyed = 0;
  let slowestMs = 0;
  const sendNext = async (n: number) => {
    const probe = numbered(probes[n % probes.length] as ProbeRequest, n + 1);
    const key = keyFor(probe);
    const sentMs = performance.now();
    const reply = await sendProbe(agent, baseUrl, probe, key);
    slowestMs = Math.max(slowestMs, performance.now() - sentMs);
    if (key !== undefined) keyed++;
    if (!isSuccess(reply)) {
      const label = `${probe.method} ${probe.path} ${reply.label}`;
      failures[label] = (failures[label] ?? 0) + 1;
    } else if (key !== undefined) written.push({ probe, key, digest: reply.digest });
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) / 1_000) * perSecond);
    while (sent < due && underWay.size < mostUnderWay) {
      const one: Promise<void> = sendNext(sent++).finally(() => underWay.delete(one));
      underWay.add(one);
    }
  }, tickMs);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      const duplicated = await duplicates(agent, baseUrl, written);
      agent.destroy();
      const lost = Object.values(failures).reduce((total, count) => total + count, 0);
      return { sent, lost, failures, keyed, duplicated, slowestMs: Math.round(slowestMs) };
    },
  };
}

function agentFor(baseUrl: string, keepAlive: boolean): Agent {
  return baseUrl.startsWith('https:') ? new TlsAgent({ keepAlive }) : new Agent({ keepAlive });
}

function keyFor({ method }: ProbeRequest): string | undefined {
  return method === 'POST' ? `rollout-${randomUUID()}` : undefined;
}

/** Asks for each key once more: its answer must be the one that was given first, byte for byte. */
async function duplicates(agent: Agent, baseUrl: string, written: readonly Written[]): Promise<number> {
  const left = written.values();
  let count = 0;
  const askAll = async () => {
    for (const { probe, key, digest } of left) {
      const again = await sendProbe(agent, baseUrl, probe, key);
      if (isSuccess(again) && again.digest !== digest) count++;
    }
  };
  await Promise.all(Array.from({ length: askedAgainAtOnce }, askAll));
  return count;
}
