import {
  type CallContext,
  type Contract,
  currentContext,
  type Handlers,
  type InputOf,
  type MutableContext,
  type OutputOf,
  type Stream,
} from '@parley/contract';
import type { RequestHandler } from 'express';
import type { ReadRequest } from '../requests/either-version.ts';

/** Reads from a request what its contract does not have: a session, cookies, the tenant in a host name. */
export type ReadExtras<Extras> = ReadRequest<[], Extras | Promise<Extras>>;

/** The context of a handler in an app with `extras`. */
export type HandlerContext<Extras> = CallContext & { readonly extras: Extras };

/**
 * Functions that serve a contract in an app with `extras`. Without extras they are the contract's `Handlers`. A handler that
 * uses no extras fits both. Give the function `extras` a name, or its `req` a type: the compiler looks at the handlers first.
 *
 * @example
 * export const handlers: HandlersWith<typeof shop, { customer: string }> = {
 *   placeOrder: async ({ book }, { extras }) => orders.add(book, extras.customer),
 * };
 */
export type HandlersWith<C extends Contract, Extras> =
  IsNothing<Extras> extends true
    ? Handlers<C>
    : { readonly [Name in keyof C['operations']]: HandlerWith<C['operations'][Name], Extras> };

// An app without the option, or one whose extras are not looked at.
type IsNothing<Extras> = unknown extends Extras ? true : [Extras] extends [undefined] ? true : false;

type HandlerWith<O extends Contract['operations'][string], Extras> = (
  input: OutputOf<O['input']>,
  context: HandlerContext<Extras>,
) => O['output'] extends Stream
  ? AsyncIterable<InputOf<O['output']>>
  : Promise<O['output'] extends undefined ? void : InputOf<O['output']>>;

/** Puts the extras of a request into its context. What `read` throws is answered as if the handler had thrown it. */
export function extras(read: ReadExtras<unknown>): RequestHandler {
  return async function extras(req, _res, next) {
    const context = currentContext() as MutableContext & { extras?: unknown };
    context.extras = await read(req);
    next();
  };
}
