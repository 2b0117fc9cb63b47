import { type CallContext, CallError } from '@parley/contract';
import type { Response } from 'express';
import { whyIncomplete } from './cut-off.ts';

/** Where a request's context has its {@link RequestLifetime}. */
export const requestLifetime = Symbol('request lifetime');

/**
 * Share of the timeout after which a timeout is the caller's fault. Below a half: calls to upstreams get less time than
 * their request, and half of it while another attempt may follow.
 */
const mostOfIt = 0.45;

/** How long work that no client waits for still holds its place, in ms. */
const longestWorkMs = 10_000;

/**
 * Tracks how long a client waits for the answer to its request: until the timeout passes, or the client disconnects. The
 * AbortSignal is created when a handler reads it; most handlers do not.
 */
export class RequestLifetime {
  #timer: NodeJS.Timeout;
  #timeoutMs: number;
  #isCallers: boolean;
  #hasRunOut = false;
  readonly #startMs = performance.now();
  #listeners: ((reason: CallError) => void)[] = [];
  #controller: AbortController | undefined;
  #work: Promise<unknown> | undefined;
  /** Why the lifetime ended; undefined before that. */
  reason: CallError | undefined;

  /** @param isCallers whether the caller asked for `timeoutMs`, and it is less than the service allows */
  constructor(res: Response, timeoutMs: number, isCallers = false) {
    this.#timeoutMs = timeoutMs;
    this.#isCallers = isCallers;
    this.#timer = setTimeout(this.#late, timeoutMs);
    if (timeoutMs === 0) this.#late();
    res.on('close', () => {
      clearTimeout(this.#timer);
      if (!res.writableFinished) this.#end(new CallError('cancelled', whyIncomplete(res)));
    });
  }

  readonly #late = () => {
    this.#hasRunOut = true;
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
   * Whether a timeout now is caused by the caller: it asked for less time than the service allows, and most of that has
   * passed. Such a timeout is no evidence against the service.
   */
  get isCallersHaste(): boolean {
    if (!this.#isCallers) return false;
    // After a long turn of the event loop Node's timers are early: they count from the start of that turn.
    return this.#hasRunOut || performance.now() - this.#startMs >= this.#timeoutMs * mostOfIt;
  }

  /** Fires when the lifetime ends. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.reason && !this.#controller.signal.aborted) this.#controller.abort(this.reason);
    return this.#controller.signal;
  }

  /** Waits for a promise until the lifetime ends. @throws CallError the reason of the end */
  bound<T>(start: () => Promise<T>): Promise<T> {
    if (this.reason) return Promise.reject(this.reason);
    return new Promise<T>((resolve, reject) => {
      this.#listeners.push(reject); // freed with the request; a promise settles once
      start().then(resolve, reject);
    });
  }

  /** Waits for the work of a handler in the same way. The work itself continues after the end. */
  boundWork<T>(start: () => Promise<T>): Promise<T> {
    return this.bound(() => {
      const work = start();
      this.#work = work;
      return work;
    });
  }

  /** Calls back when the work of the handler has ended, after 10 s at the latest: it may never end. */
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

/** Returns the lifetime of the request that a context belongs to; undefined outside a request. */
export function requestLifetimeOf(
  context: CallContext & { readonly [requestLifetime]?: RequestLifetime },
): RequestLifetime | undefined {
  return context[requestLifetime];
}
