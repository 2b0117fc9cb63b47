import { type CallContext, CallError } from '@parley/contract';
import type { Response } from 'express';

/** Where a request's context has its {@link RequestLifetime}. */
export const requestLifetime = Symbol('request end');

/** Calls to upstreams get less than their request: a margin for the answer, and half of it while another attempt may follow. */
const mostOfIt = 0.45;

/** So long work counts that nobody waits for any more. */
const longestWorkMs = 10_000;

/**
 * Knows when nobody waits for a request's answer any more: its time is up, or its client has gone. The AbortSignal for
 * handlers is made when one asks for it, which most don't.
 */
export class RequestLifetime {
  #timer: NodeJS.Timeout;
  #timeoutMs: number;
  #isCallers: boolean;
  readonly #startMs = performance.now();
  #listeners: ((reason: CallError) => void)[] = [];
  #controller: AbortController | undefined;
  #work: Promise<unknown> | undefined;
  /** Why, once it is so. */
  reason: CallError | undefined;

  /** @param isCallers whether `timeoutMs` is what the caller asked for, and less than the service would take */
  constructor(res: Response, timeoutMs: number, isCallers = false) {
    this.#timeoutMs = timeoutMs;
    this.#isCallers = isCallers;
    this.#timer = setTimeout(this.#late, timeoutMs);
    if (timeoutMs === 0) this.#late();
    res.on('close', () => {
      clearTimeout(this.#timer);
      if (!res.writableFinished) this.#end(new CallError('cancelled', 'client went away'));
    });
  }

  readonly #late = () => {
    this.#end(new CallError('deadline_exceeded', `Not answered in ${this.#timeoutMs} ms`));
  };

  /** Replaces the timeout, in ms since the request began. Returns by how many ms the deadline moves. */
  changeTimeout(timeoutMs: number, isCallers: boolean): number {
    const movedMs = timeoutMs - this.#timeoutMs;
    this.#timeoutMs = timeoutMs;
    this.#isCallers = isCallers;
    // A request that has ended has no timer to replace.
    if (movedMs === 0 || this.reason) return movedMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#late, Math.max(0, timeoutMs - (performance.now() - this.#startMs)));
    return movedMs;
  }

  /**
   * Whether a timeout now is for the caller to answer for: it asked for less time than the service would take, and most of
   * that has passed. It says nothing of the service, or too little.
   */
  get isCallersHaste(): boolean {
    return this.#isCallers && performance.now() - this.#startMs >= this.#timeoutMs * mostOfIt;
  }

  /** Fires when it is so. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.reason && !this.#controller.signal.aborted) this.#controller.abort(this.reason);
    return this.#controller.signal;
  }

  /** Waits for something, but not beyond the end. @throws CallError why it is so */
  bound<T>(start: () => Promise<T>): Promise<T> {
    if (this.reason) return Promise.reject(this.reason);
    return new Promise<T>((resolve, reject) => {
      this.#listeners.push(reject); // forgotten with the request; a promise is settled once
      start().then(resolve, reject);
    });
  }

  /** The same for the work of a handler, which goes on when nobody waits for it any more. */
  boundWork<T>(start: () => Promise<T>): Promise<T> {
    return this.bound(() => {
      const work = start();
      this.#work = work;
      return work;
    });
  }

  /** Calls back when the work has ended that nobody waits for any more, but after 10 s at the latest: it may never end. */
  afterWork(callback: () => void): void {
    if (!this.#work) {
      callback();
      return;
    }
    const ended = Promise.withResolvers<void>();
    const timer = setTimeout(ended.resolve, longestWorkMs).unref();
    const onEnd = () => ended.resolve();
    this.#work.then(onEnd, onEnd);
    void ended.promise.then(() => {
      clearTimeout(timer);
      callback();
    });
  }

  #end(reason: CallError): void {
    if (this.reason) return;
    this.reason = reason;
    this.#controller?.abort(reason);
    for (const listener of this.#listeners) listener(reason);
  }
}

/** The end of the request that a context belongs to; nothing outside a request. */
export function requestLifetimeOf(
  context: CallContext & { readonly [requestLifetime]?: RequestLifetime },
): RequestLifetime | undefined {
  return context[requestLifetime];
}
