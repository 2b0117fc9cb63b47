import { Readable } from 'node:stream';
import { type CircuitControl, type CircuitState, type EndpointStatus, headerNames, slowMs } from '@parley/contract';
import type { Availability, CircuitBreaker } from '../breaker/circuit-breaker.ts';
import { whyShut } from '../breaker/why-shut.ts';
import type { Attempt, SendAttempt } from '../layer.ts';
import { type AttemptEnd, passOnTimings, recordAttempt } from '../story/record-attempt.ts';
import type { Clock } from '../time/clock.ts';
import type { Connections } from '../transport/connections.ts';
import type { ActiveProbe } from './active-probe.ts';
import type { EndpointLoad } from './endpoint-load.ts';

/** What is kept per address. */
export interface EndpointParts {
  readonly breaker: CircuitBreaker;
  readonly connections: Connections;
  readonly load: EndpointLoad;
  readonly probe: ActiveProbe;
  readonly pipeline: SendAttempt;
  readonly clock: Clock;
}

/** One address of an upstream, with everything that is kept per address. */
export class Endpoint {
  /** For example `http://10.0.0.7:3000`, or `unix:/path`. */
  readonly address: string;
  /** What the balancer compares. */
  readonly load: EndpointLoad;
  /** Where it stands, as far as that is known. */
  zone: string | undefined;
  readonly #parts: EndpointParts;

  constructor(address: string, parts: EndpointParts) {
    this.address = address;
    this.load = parts.load;
    this.#parts = parts;
  }

  /** Whether it may be chosen: by its circuit, and while it must pass an active probe, not before that. */
  get availability(): Availability {
    const { breaker, probe } = this.#parts;
    return probe.isPending ? 'ejected' : breaker.availability;
  }

  /** It would not be chosen now, unless too many endpoints are like that. */
  get isEjected(): boolean {
    const { availability } = this;
    return availability !== 'available' && availability !== 'probe-wanted';
  }

  /** Why it may not be chosen, for the error of a call that has no other endpoint. `nowMs`: in ms since 1970. */
  whyEjected(nowMs: number): string {
    const { breaker, probe } = this.#parts;
    if (probe.isPending && breaker.state !== 'forced-open')
      return `${this.address} has not answered probePath well yet`;
    return `the circuit of ${this.address} is ${whyShut(breaker.history, nowMs)}`;
  }

  get inFlight(): number {
    return this.load.inFlight;
  }

  /** For an operator to force. */
  get circuit(): CircuitControl {
    return this.#parts.breaker;
  }

  get status(): EndpointStatus {
    const { address, zone, isEjected, load } = this;
    const now = this.#parts.clock.now();
    return {
      address,
      zone,
      ...this.#parts.breaker.history,
      isEjected,
      inFlight: load.inFlight,
      weight: load.weight,
      latencyMs: load.latency.isKnown ? load.latency.at(now) : undefined,
      utilization: load.report.utilizationAt(now),
      connections: this.#parts.connections.counts,
    };
  }

  /** Makes one attempt here. */
  readonly send: SendAttempt = async (attempt) => {
    const { load } = this;
    const { clock, pipeline } = this.#parts;
    const { story, context } = attempt.call;
    const place = story.length;
    const startedAt = clock.now();
    load.begin();
    let body: unknown;
    try {
      const reply = await pipeline(attempt);
      body = reply.body;
      const now = clock.now();
      load.answered(reply, now - startedAt, now);
      const serverTiming = reply.headers[headerNames.serverTiming];
      if (context.timings) passOnTimings(context.timings, serverTiming);
      // An attempt that makes its call slow is recorded: half of the time of a slow call may be waits.
      if (story.isTelling || reply.status >= 400 || now - startedAt >= slowMs / 2) {
        const { status, error } = reply;
        record(attempt, { startedAtMs: startedAt, endedAtMs: now, place }, { status, error, serverTiming });
      }
      return reply;
    } catch (error) {
      const now = clock.now();
      load.broke(error, now - startedAt, now);
      const end = { status: undefined, error, serverTiming: undefined };
      record(attempt, { startedAtMs: startedAt, endedAtMs: now, place }, end);
      throw error;
    } finally {
      if (body instanceof Readable && !body.closed) body.once('close', () => load.inFlight--);
      else load.inFlight--;
    }
  };

  /** Leaves it out of choice for a while, as if its circuit had opened by itself. */
  eject(): void {
    this.#parts.breaker.eject();
  }

  /** Its circuit has changed: what follows from that for its share. */
  circuitChanged(state: CircuitState): void {
    if (state === 'open') this.#parts.probe.start();
    // What was measured led to the ejection: the probe is to be sent, and to start a new history.
    else if (state === 'half-open') this.load.forget();
    else if (state === 'closed') this.load.startSlowly();
    else this.#parts.probe.stop();
  }

  /** Takes no more attempts; resolves when those under way have ended and the sockets are closed. */
  async close(): Promise<void> {
    this.#parts.probe.close();
    await this.#parts.connections.close();
    this.#parts.breaker.close();
  }
}

interface AttemptTimes {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly place: number;
}

function record({ call, number, endpoint, isHedge }: Attempt, times: AttemptTimes, end: AttemptEnd): void {
  recordAttempt(call.story, { number, endpoint, isHedge, ...times }, end);
}
