import { ownMembers } from '@parley/contract';
import type { DispatchHandler, Dispatching, DispatchOptions } from '../transport/dispatch.ts';

/** What is needed of a dispatcher of undici, whichever release of it the user has. */
export interface UndiciDispatcher {
  dispatch(options: object, handler: object): boolean;
}

/**
 * Sends requests through a dispatcher of the user's, a `MockAgent` for example. Nothing is sent again here.
 *
 * Scope: endpoint.
 */
export class UndiciDispatch implements Dispatching {
  readonly origin: string;
  readonly #dispatcher: UndiciDispatcher;

  constructor(origin: string, dispatcher: UndiciDispatcher) {
    this.origin = origin;
    this.#dispatcher = dispatcher;
  }

  dispatch(request: DispatchOptions, handler: DispatchHandler): void {
    this.#dispatcher.dispatch(ownMembers({ ...request, origin: this.origin }), handler);
  }

  repeat(): boolean {
    return false;
  }

  redispatch(): boolean {
    return false;
  }
}
