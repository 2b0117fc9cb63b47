import type { CallContext } from './call-context.ts';
import type { Operation } from './operation.ts';
import type { InputOf, OutputOf } from './schema.ts';

/** The operations of a contract by name. */
export type Operations = Readonly<Record<string, Operation>>;

/** What a service promises: its name and its operations. */
export interface Contract<O extends Operations = Operations> {
  readonly name: string;
  readonly operations: O;
}

/** A second argument of a client's method: overrides the context of the request that is being served. */
export interface CallOptions extends CallContext {
  /** The call takes at most this long, in ms. The earlier of it and the deadline counts. Default: the upstream's `callTimeoutMs`. */
  readonly timeoutMs?: number;
}

/** Typed functions for calling a service: they take what the schema takes in and give what comes out of it. */
export type Client<C extends Contract> = {
  readonly [Name in keyof C['operations']]: ClientMethod<C['operations'][Name]>;
};

type ClientMethod<O extends Operation> = (
  ...args: object extends InputOf<O['input']>
    ? [input?: InputOf<O['input']>, options?: CallOptions]
    : [input: InputOf<O['input']>, options?: CallOptions]
) => Promise<OutputOf<O['output']>>;

/**
 * Functions that serve a contract. The same shape as {@link Client}, so that an object of them can stand
 * in for the service in a test.
 */
export type Handlers<C extends Contract> = {
  readonly [Name in keyof C['operations']]: Handler<C['operations'][Name]>;
};

/** Serves one operation: gets what came out of the input schema, gives what the output schema takes in. */
export type Handler<O extends Operation = Operation> = (
  input: OutputOf<O['input']>,
  context?: CallContext,
) => Promise<O['output'] extends undefined ? void : InputOf<O['output']>>;

/**
 * Declares what a service promises.
 *
 * @throws TypeError where the name is not kebab-case, or two operations have the same method and path
 * @example
 * export const hello = defineContract('hello', {
 *   sayHello: get('/api/hello', { summary: 'Greets', input, output }),
 * });
 */
export function defineContract<const O extends Operations>(name: string, operations: O): Contract<O> {
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw new TypeError(`contract name must be kebab-case, not ${JSON.stringify(name)}`);
  const seen = new Map<string, string>();
  for (const [operation, { label }] of Object.entries(operations)) {
    // Two templates that differ in parameter names only match the same requests.
    const shape = label.replace(/\{\w+\}/g, '{}');
    const other = seen.get(shape);
    if (other) throw new TypeError(`contract ${name}: ${other} and ${operation} both are ${label}`);
    seen.set(shape, operation);
  }
  return { name, operations };
}
