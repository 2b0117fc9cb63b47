import { Dispatcher, Dispatcher1Wrapper, errors } from '../transport/undici.ts';
import type { Upstream } from '../upstream.ts';
import { DispatchedExchange } from './dispatched-exchange.ts';

/** What `fetch` of Node takes as a dispatcher; its types may be those of another version of undici. */
type DispatcherOfNode = RequestInit extends { dispatcher?: infer D } ? NonNullable<D> : unknown;

/** A dispatcher for `fetch` of Node and for undici. */
export type ParleyDispatcher = Dispatcher & DispatcherOfNode;

/**
 * The whole pipeline as a dispatcher of undici, for code and tools that take one: `fetch(url, { dispatcher })` of Node and of undici,
 * `request(url, { dispatcher })`, `setGlobalDispatcher`, `compose`. Retries, breakers, balancing, deadlines and the cache of the upstream apply.
 *
 * The path of a request counts, its origin does not: the upstream knows the endpoints. As the global dispatcher it would get the requests to
 * all origins; `new Agent({ factory })` gives it those to one. Methods are repeated as with `parleyFetch`, and where `idempotent` is true. A
 * body of known length up to 1 MiB is read first, so that it can be sent again; other streams are sent once. Redirects and codings are left
 * to the code that dispatches.
 *
 * A response begins at the first byte of its body. `headersTimeout` bounds all attempts until then, `bodyTimeout` the silence after it; without
 * them, and at 0, `callTimeoutMs` and `idleTimeoutMs` of the upstream do. The body of an error status is read whole, up to `maxReplyBytes`, and so is
 * every storable read where the upstream has a cache. Informational (1xx) responses are not passed on. A handler gets a CallError where no reply came.
 *
 * `close` waits for the requests of this dispatcher, `destroy` ends them; both leave the upstream open.
 *
 * @throws InvalidArgumentError from `dispatch` for a handler that is none. The handler gets all other errors: InvalidArgumentError,
 *   NotSupportedError for an upgrade, CONNECT or an option of connections, ClientClosedError and ClientDestroyedError
 */
export function parleyDispatcher(upstream: Upstream): ParleyDispatcher {
  return new UpstreamDispatcher(upstream) as Dispatcher as ParleyDispatcher;
}

class UpstreamDispatcher extends Dispatcher {
  readonly #upstream: Upstream;
  readonly #active = new Map<DispatchedExchange, Promise<void>>();
  /** Node's `fetch` is an undici of its own, whose handlers may have the methods of undici 7. */
  readonly #forOldHandlers = new Dispatcher1Wrapper(this);
  #ending: (() => Error) | undefined;

  constructor(upstream: Upstream) {
    super();
    this.#upstream = upstream;
    // `compose` calls them on a proxy, which has no private members.
    this.close = this.close.bind(this);
    this.destroy = this.destroy.bind(this);
  }

  get closed(): boolean {
    return this.#ending !== undefined;
  }

  get destroyed(): boolean {
    return this.#ending?.() instanceof errors.ClientDestroyedError;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (typeof handler?.onRequestStart !== 'function') {
      if (!isOldHandler(handler)) throw new errors.InvalidArgumentError('handler must have the method onRequestStart');
      return this.#forOldHandlers.dispatch(options, handler);
    }
    const exchange = new DispatchedExchange(handler);
    const error = this.#ending?.();
    if (error) {
      exchange.refuse(error);
      return false;
    }
    const ended = exchange.send(this.#upstream, options).finally(() => this.#active.delete(exchange));
    this.#active.set(exchange, ended);
    return true;
  }

  override close(callback: () => void): void;
  override close(): Promise<void>;
  override close(callback?: () => void): Promise<void> | undefined {
    this.#ending ??= () => new errors.ClientClosedError();
    return this.#whenIdle(callback);
  }

  override destroy(error: Error | null, callback: () => void): void;
  override destroy(callback: () => void): void;
  override destroy(error: Error | null): Promise<void>;
  override destroy(): Promise<void>;
  override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | undefined {
    const reason = typeof first === 'function' ? undefined : first;
    this.#ending = () => new errors.ClientDestroyedError();
    for (const exchange of this.#active.keys()) exchange.abort(reason ?? this.#ending());
    return this.#whenIdle(typeof first === 'function' ? first : second);
  }

  #whenIdle(callback: (() => void) | undefined): Promise<void> | undefined {
    const idle = Promise.allSettled(this.#active.values()).then(() => {});
    if (!callback) return idle;
    void idle.then(callback);
    return undefined;
  }
}

function isOldHandler(handler: unknown): boolean {
  return typeof (handler as { onError?: unknown } | null)?.onError === 'function';
}
