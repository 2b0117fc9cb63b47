import { checkOperations } from '#check-operations';
import type { Bytes } from './bodies/bytes.ts';
import type { WithBody } from './bodies/with-body.ts';
import type { CallContext } from './context/call-context.ts';
import type { BytesCallOptionsOf, CallOptionsOf, StreamCallOptionsOf } from './operations/call-options.ts';
import type { Operation } from './operations/operation.ts';
import type { InputOf, OutputOf, Schema } from './schemas/schema.ts';
import type { Story } from './story/story.ts';
import type { Stream } from './streams/stream.ts';

/** The operations of a contract by name. */
export type Operations = Readonly<Record<string, Operation>>;

/** A contract's name, and who answers for it, for its OpenAPI document. */
export interface ContractInfo {
  /** The name of the service, in kebab-case. */
  readonly name: string;
  /** What the service is for, in one or more sentences. */
  readonly description: string;
  /** The team that answers questions about it. */
  readonly contact: { readonly name: string; readonly url?: string; readonly email?: string };
  /** By its name, and its SPDX identifier or an address where it is. */
  readonly license: { readonly name: string; readonly identifier?: string; readonly url?: string };
}

/** The contract of a service: its name and its operations. */
export interface Contract<O extends Operations = Operations> {
  readonly name: string;
  readonly operations: O;
  readonly info?: ContractInfo | undefined;
}

/** Typed functions for calling a service. They take the schema's input type and return its output type. */
export type Client<C extends Contract> = {
  readonly [Name in keyof C['operations']]: ClientMethod<C['operations'][Name]>;
};

/** The value that a call returned, and its story. */
export interface Explained<Value> {
  readonly value: Value;
  readonly story: Story;
}

/**
 * A {@link Client} whose methods explain how they got their reply: `client.sayHello.explain(input)` gives `value` and
 * `story`, or throws a CallError with its story. Streams have no `explain`.
 */
export type ExplainingClient<C extends Contract> = {
  readonly [Name in keyof C['operations']]: ClientMethod<C['operations'][Name]> & Explaining<C['operations'][Name]>;
};

type Explaining<O extends Operation> = O['output'] extends Stream
  ? unknown
  : { explain(...args: Arguments<O, OptionsOf<O>>): Promise<Explained<OutputOf<O['output']>>> };

type OptionsOf<O extends Operation> = O['output'] extends Bytes | WithBody<Schema, Bytes>
  ? BytesCallOptionsOf<O['safety']>
  : CallOptionsOf<O['safety']>;

type ClientMethod<O extends Operation> = O['output'] extends Stream
  ? (...args: Arguments<O, StreamCallOptionsOf<O['safety']>>) => AsyncIterable<OutputOf<O['output']>>
  : (...args: Arguments<O, OptionsOf<O>>) => Promise<O['output'] extends undefined ? void : OutputOf<O['output']>>;

type Arguments<O extends Operation, Options> =
  // Without an input an object with members there is a slip: options come second.
  O['input'] extends undefined
    ? [input?: InputOf<undefined>, options?: Options]
    : object extends InputOf<O['input']>
      ? [input?: InputOf<O['input']>, options?: Options]
      : [input: InputOf<O['input']>, options?: Options];

/** What a handler gets. Without an input nothing of use; an empty object too, so that handlers stand in for a client. */
type Received<O extends Operation> = O['input'] extends undefined
  ? InputOf<undefined> | undefined
  : OutputOf<O['input']>;

/**
 * Functions that serve a contract. The same shape as {@link Client}, so that an object of them can stand
 * in for the service in a test.
 */
export type Handlers<C extends Contract> = {
  readonly [Name in keyof C['operations']]: C['operations'][Name]['output'] extends Stream
    ? StreamHandler<C['operations'][Name]>
    : Handler<C['operations'][Name]>;
};

/** Serves one operation: takes the output type of the input schema, returns the input type of the output schema. */
export type Handler<O extends Operation = Operation> = (
  input: Received<O>,
  context?: CallContext,
) => Promise<O['output'] extends undefined ? void : InputOf<O['output']>>;

/** Serves one operation whose output is a stream: an async generator function of the item schema's input type. */
export type StreamHandler<O extends Operation = Operation> = (
  input: Received<O>,
  context?: CallContext,
) => AsyncIterable<InputOf<O['output']>>;

/**
 * Declares the contract of a service. Pages and workers do not check it again.
 *
 * @param about the name of the service; or, for its OpenAPI document, with what it is for and who answers for it
 * @throws TypeError where the name is not kebab-case, two operations have the same method and path, a stream has
 *   response headers (its items are its whole output), an operation's `auth`, cache policy, body limits or status are not valid, or
 *   its schemas cannot work: what its callers give would not be what its handler gets, or the other way round
 * @example
 * export const hello = defineContract('hello', {
 *   sayHello: get('/api/hello', { summary: 'Greets', input, output }),
 * });
 */
export function defineContract<const O extends Operations>(about: string | ContractInfo, operations: O): Contract<O> {
  const { name, info } =
    typeof about === 'string' ? { name: about, info: undefined } : { name: about.name, info: about };
  checkOperations(name, operations);
  return info ? { name, operations, info } : { name, operations };
}
