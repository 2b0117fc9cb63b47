import { CallError } from '@parley/contract';
import type { SendTry, Try } from '../layer.ts';
import { Cancellation } from '../time/cancel-signal.ts';
import type { Clock } from '../time/clock.ts';
import { reasonOf } from '../time/time-limit.ts';
import type { Reply } from '../transport/reply.ts';

/** An attempt and, once it is slow, its copy: the first good reply wins. */
export class HedgeRace {
  readonly #next: SendTry;
  readonly #attempt: Try;
  readonly #mayCopy: (attempt: Try) => boolean;
  readonly #first = new Cancellation();
  #copy: Cancellation | undefined;
  #afterMs = 0;
  #underWay = 0;
  #firstFailure: Reply | Error | undefined;
  #copyFailure: Reply | Error | undefined;
  #isOver = false;
  #resolve: (reply: Reply) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #disarm = () => {};

  /** @param mayCopy asked once, when the copy is due */
  constructor(next: SendTry, attempt: Try, mayCopy: (attempt: Try) => boolean) {
    this.#next = next;
    this.#attempt = attempt;
    this.#mayCopy = mayCopy;
  }

  /** Sends the attempt, and a copy of it if it is not answered in `afterMs`. Leaves no timer, listener or copy behind. */
  run(clock: Clock, afterMs: number): Promise<Reply> {
    this.#afterMs = afterMs;
    return new Promise<Reply>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#disarm = clock.after(afterMs, this.#sendCopy);
      const { signal } = this.#attempt;
      if (signal?.aborted) return this.#onAbort();
      signal?.addEventListener('abort', this.#onAbort);
      this.#send(this.#first, false);
    });
  }

  readonly #sendCopy = () => {
    if (!this.#mayCopy(this.#attempt)) return;
    const { call, number } = this.#attempt;
    call.story.add({ kind: 'hedged', attempt: number, afterMs: this.#afterMs });
    this.#copy = new Cancellation();
    this.#send(this.#copy, true);
  };

  readonly #onAbort = () => {
    const reason = reasonOf(this.#attempt.signal, this.#attempt.call.label);
    this.#end(reason);
    this.#first.abort(reason);
    this.#copy?.abort(reason);
  };

  #send(signal: Cancellation, isHedge: boolean): void {
    this.#underWay++;
    const ended = (outcome: Reply | Error) => this.#ended(outcome, isHedge);
    const { mayRetry, attemptsLeft } = this.#attempt;
    // The copy has taken an attempt, perhaps the last one.
    const attempt = { ...this.#attempt, signal, isHedge, mayRetry: mayRetry && attemptsLeft.count > 0 };
    this.#next(attempt).then(ended, ended);
  }

  #ended(outcome: Reply | Error, isHedge: boolean): void {
    if (this.#isOver) return;
    this.#underWay--;
    if (isHedge) this.#copyFailure = outcome;
    else this.#firstFailure = outcome;
    if (!isTransient(outcome)) {
      if (this.#copy) this.#attempt.call.story.add({ kind: 'won', winner: isHedge ? 'hedge' : 'first' });
      this.#end(outcome);
      if (this.#underWay > 0) (isHedge ? this.#first : this.#copy)?.abort(outrun(this.#attempt.call.label));
    } else if (this.#underWay === 0) this.#end(this.#failureOfBoth(outcome));
  }

  // The first copy may be unprocessed while the second was not: then the second's failure is that of both.
  #failureOfBoth(latest: Reply | Error): Reply | Error {
    const first = this.#firstFailure;
    return first && !(first instanceof CallError && first.isUnprocessed) ? first : (this.#copyFailure ?? latest);
  }

  #end(outcome: Reply | Error): void {
    this.#isOver = true;
    this.#disarm();
    this.#attempt.signal?.removeEventListener('abort', this.#onAbort);
    if (outcome instanceof Error) this.#reject(outcome);
    else this.#resolve(outcome);
  }
}

function isTransient(outcome: Reply | Error): boolean {
  if (outcome instanceof CallError) return outcome.isTransient;
  return !(outcome instanceof Error) && (outcome.error?.isTransient ?? false);
}

function outrun(operation: string): CallError {
  return new CallError('cancelled', 'another copy of the attempt was answered first', { operation });
}
