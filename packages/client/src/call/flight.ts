import type { Call, SendCall } from '../layer.ts';
import type { StoryRecorder } from '../story/story-recorder.ts';
import { Cancellation } from '../time/cancel-signal.ts';
import { reasonOf } from '../time/time-limit.ts';
import type { Reply } from '../transport/reply.ts';

interface Passenger {
  readonly deadlineMs: number;
  land(outcome: Reply | Error): void;
}

/** One request under way for several callers, each of which may leave. Ends with the reply, or when all have left. */
export class Flight {
  /** The time that its request has. */
  readonly deadlineMs: number;
  /** What happens to its request. */
  readonly story: StoryRecorder;
  /** The latest deadline of the callers that were still there at the end. */
  latestDeadlineMs = 0;
  readonly #passengers = new Set<Passenger>();
  readonly #cancellation = new Cancellation();
  readonly #onEnd: () => void;

  /** @param onEnd called once: no further caller may join */
  constructor(send: SendCall, call: Call, onEnd: () => void) {
    this.deadlineMs = call.deadlineMs;
    this.story = call.story;
    this.#onEnd = onEnd;
    const land = (outcome: Reply | Error) => this.#land(outcome);
    send({ ...call, signal: this.#cancellation }).then(land, land);
  }

  /** Waits for the outcome, unless the caller's own signal fires first, which it must not have done yet. @throws what the request fails with, or that signal's reason */
  join({ signal, deadlineMs, label }: Call): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        signal?.removeEventListener('abort', leave);
        this.#passengers.delete(passenger);
        reject(reasonOf(signal, label));
        if (this.#passengers.size > 0) return;
        this.#onEnd();
        this.#cancellation.abort(reasonOf(signal, label));
      };
      const land = (outcome: Reply | Error) => {
        signal?.removeEventListener('abort', leave);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const passenger = { deadlineMs, land };
      this.#passengers.add(passenger);
      signal?.addEventListener('abort', leave);
    });
  }

  #land(outcome: Reply | Error): void {
    if (this.#cancellation.aborted) return;
    this.#onEnd();
    for (const { deadlineMs } of this.#passengers) this.latestDeadlineMs = Math.max(this.latestDeadlineMs, deadlineMs);
    for (const { land } of this.#passengers) land(outcome);
  }
}
