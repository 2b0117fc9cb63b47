import type { RequestListener } from 'node:http';
import {
  authSchemesOf,
  CallError,
  type Contract,
  type HasOperation,
  type Operation,
  requestBody,
  routeFinder,
} from '@parley/contract';
import { inProcess } from './in-process.ts';

/** Tries at once: each may hold a request and a reply in memory. */
const maxAtOnce = 8;
/** Time until a reply begins, in ms. */
const replyTimeoutMs = 25_000;
const replyLimits = { maxBytes: 1_048_576, bodyTimeoutMs: 4_000 };
/** Headers of every operation that may be tried. Not among them: what proxies and connections say. */
const commonHeaders = [
  ...['accept', 'authorization', 'idempotency-key', 'if-match', 'if-none-match', 'range', 'x-request-timeout-ms'],
];

/** A request to an operation. */
export interface Trial {
  readonly operation: string;
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body?: string | undefined;
}

interface Route extends HasOperation {
  readonly name: string;
}

/**
 * Carries out requests to operations of one service, by the listener that callers reach: authentication, limits, deadlines
 * and logs are the service's own. 8 at once, 25 s until a reply begins, then 4 s and 1 MiB of its body.
 *
 * Scope: service.
 */
export class Trials {
  readonly #contract: Contract;
  readonly #listener: () => RequestListener;
  readonly #find: ReturnType<typeof routeFinder<Route>>;
  readonly #closing = new AbortController();
  #running = 0;

  constructor(contract: Contract, listener: () => RequestListener) {
    this.#contract = contract;
    this.#listener = listener;
    this.#find = routeFinder(Object.entries(contract.operations).map(([name, operation]) => ({ name, operation })));
  }

  /**
   * Sends the request and reads its reply.
   *
   * @param peer address of the operator's connection, which the service sees as its caller
   * @throws CallError `not_found` where there is no operation of this name, `invalid_input` where the request is not one to
   *   it, `rate_limited` where 8 others run, `deadline_exceeded` and `upstream_failed` where there is no reply
   */
  async run({ operation: name, path, headers, body }: Trial, peer: string | undefined, signal: AbortSignal) {
    const operation = this.#operationOf(name, path);
    refuseForeignHeaders(operation, headers);
    if (body !== undefined && !requestBody(operation))
      throw new CallError('invalid_input', `${name} has no body; leave it out`);
    if (this.#running >= maxAtOnce)
      throw new CallError('rate_limited', `${maxAtOnce} tries are running; wait for one to end`);
    this.#running++;
    const startMs = performance.now();
    try {
      const reply = await inProcess(
        this.#listener(),
        {
          ...{ method: operation.method, path, body, peer },
          headers: [['host', this.#contract.name], ...lengthOf(body), ...headers.map(pairOf)],
          signal: AbortSignal.any([signal, this.#closing.signal, AbortSignal.timeout(replyTimeoutMs)]),
        },
        replyLimits,
      );
      return { ...reply, headers: reply.headers.map(named), durationMs: performance.now() - startMs };
    } finally {
      this.#running--;
    }
  }

  /** Cuts off what runs. */
  close(): void {
    this.#closing.abort();
  }

  #operationOf(name: string, path: string): Operation {
    const operation = Object.hasOwn(this.#contract.operations, name) ? this.#contract.operations[name] : undefined;
    if (!operation) throw new CallError('not_found', `${this.#contract.name} has no operation ${JSON.stringify(name)}`);
    const [bare = ''] = path.split('?', 1);
    if (this.#find(operation.method, bare)?.route.name === name) return operation;
    throw new CallError('invalid_input', `${bare} is no path of ${name}: expected ${operation.path.template}`);
  }
}

function refuseForeignHeaders(operation: Operation, headers: Trial['headers']): void {
  const allowed = new Set(
    [
      ...commonHeaders,
      ...(requestBody(operation) ? ['content-type'] : []),
      ...operation.requestHeaders.map(([, header]) => header),
      ...authSchemesOf(operation.auth).flatMap(({ openapi }) =>
        openapi.type !== 'apiKey' || openapi.in === 'query' ? [] : openapi.in === 'cookie' ? 'cookie' : openapi.name,
      ),
    ].map((name) => name.toLowerCase()),
  );
  const foreign = headers.find(({ name }) => !allowed.has(name.toLowerCase()));
  if (!foreign) return;
  throw new CallError(
    'invalid_input',
    `The operation has no header ${foreign.name}; it may have ${[...allowed].join(', ')}`,
  );
}

function lengthOf(body: string | undefined): [string, string][] {
  return body === undefined ? [] : [['content-length', String(Buffer.byteLength(body))]];
}

function pairOf({ name, value }: Trial['headers'][number]): [string, string] {
  return [name, value];
}

function named([name, value]: readonly [string, string]) {
  return { name, value };
}
