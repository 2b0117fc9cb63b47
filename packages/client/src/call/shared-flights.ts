import { CallError } from '@parley/contract';
import type { Call, SendCall } from '../layer.ts';
import { reasonOf } from '../time/time-limit.ts';
import type { Reply } from '../transport/reply.ts';
import { Flight } from './flight.ts';

/**
 * Requests under way, by key, each for all callers that ask the same at the same time. Each caller keeps its own deadline and signal; the
 * request is cancelled when the last one has gone. Where the request runs out of time, the callers with time left go on
 * together with another one.
 *
 * Scope: upstream.
 */
export class SharedFlights {
  readonly #flights = new Map<string, Flight>();

  /** Whether a request is under way that a caller could join. */
  has(key: string): boolean {
    return this.#flights.has(key);
  }

  /** Lets nobody join the requests any more whose keys begin so; those that have joined them get their replies. */
  detach(prefix: string): void {
    for (const key of this.#flights.keys()) if (key.startsWith(prefix)) this.#flights.delete(key);
  }

  /** Joins the request of this key, or sends one. @throws what the request fails with, or the reason that the caller's signal fired for */
  async share(key: string, next: SendCall, call: Call): Promise<Reply> {
    let { deadlineMs } = call;
    for (;;) {
      if (call.signal?.aborted) throw reasonOf(call.signal, call.label);
      const known = this.#flights.get(key);
      if (known) call.story.join(known.story);
      const flight = known ?? this.#start(key, next, { ...call, deadlineMs });
      try {
        const reply = await flight.join(call);
        if (!isTooShort(flight, call, reply.error)) return reply;
      } catch (error) {
        if (!isTooShort(flight, call, error)) throw error;
      }
      // The latest of all that go on: otherwise each would start a flight that is too short for the next.
      deadlineMs = flight.latestDeadlineMs;
    }
  }

  #start(key: string, next: SendCall, call: Call): Flight {
    const flight: Flight = new Flight(next, call, () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    return flight;
  }
}

// An attempt that times out ends a flight whose time is too short for another one.
const outOfTime: ReadonlySet<string> = new Set(['deadline_exceeded', 'attempt_timeout']);

function isTooShort(flight: Flight, call: Call, failure: unknown): boolean {
  const isOutOfTime = failure instanceof CallError && outOfTime.has(failure.code);
  return isOutOfTime && call.deadlineMs > flight.deadlineMs;
}
