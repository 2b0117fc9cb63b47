import { Readable } from 'node:stream';
import { ownMembers } from '@parley/contract';
import type { Upstream } from '../upstream.ts';
import { answeredUpstream, type InMemoryOptions } from './answered-upstream.ts';
import type { FaultScope } from './fault-injection.ts';
import type { Faults } from './faults.ts';
import type { InMemoryReply, InMemoryRequest } from './in-memory-message.ts';

/** What a fake answers a request with. */
export interface FakeReply {
  /** Default 200. */
  readonly status?: number;
  /** A `set-cookie` may be a list. Default: `content-type: application/json` where the body is sent as JSON. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Text, bytes and a `Readable` are sent as they are, any other value as JSON. Default: no body. */
  readonly body?: unknown;
}

/** A request that a fake answers. */
export interface FakeRequest extends Omit<InMemoryRequest, 'body'> {
  /** Text, so JSON is to be parsed; bytes that are no UTF-8 are lost. */
  readonly body: string | undefined;
}

/** Answers one request; what it throws is the end of the attempt. */
export type FakeHandler = (request: FakeRequest) => FakeReply | Promise<FakeReply>;

/** An upstream whose endpoints are a function in this process. */
export interface FakeUpstream extends Upstream {
  /**
   * Makes attempts go wrong from now on; the returned function ends that.
   *
   * @throws TypeError for a replica that there is not
   */
  inject(faults: Faults, scope?: Pick<FaultScope, 'replica'>): () => void;
}

/**
 * An upstream for tests of code without a contract, `parleyAdapter` above all: no socket, but the whole pipeline (deadline,
 * retry, balancer, circuit breaker, interceptors). Redirects are not followed.
 *
 * @param handler answers each attempt. An error that it throws with a `code` (`ECONNRESET`) is that of a socket; any other
 *   error is a bug of the test, and ends the call as it is
 * @param options those of `createUpstream`, and `replicas`. Options of sockets (connections, TLS, the version of HTTP,
 *   compression) are checked and have no effect
 * @throws TypeError as `createUpstream`
 */
export function fakeUpstream(name: string, handler: FakeHandler, options: Partial<InMemoryOptions> = {}): FakeUpstream {
  const upstream = answeredUpstream(name, options, () => (request) => ({
    answer: async () => replyOf(await handler({ ...request, body: await textOf(request) })),
  }));
  const { inject } = upstream;
  return Object.assign(upstream, {
    inject: (faults: Faults, { replica }: Pick<FaultScope, 'replica'> = {}) =>
      inject(faults, replica === undefined ? {} : { replica }),
  });
}

async function textOf({ body }: InMemoryRequest): Promise<string | undefined> {
  if (body === undefined || typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function replyOf(reply: FakeReply): InMemoryReply {
  const { status = 200, headers = {}, body } = ownMembers(reply);
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (body === undefined) return { status, headers: given, body: '' };
  if (typeof body === 'string' || body instanceof Uint8Array || body instanceof Readable) {
    return { status, headers: given, body };
  }
  return { status, headers: { 'content-type': 'application/json', ...given }, body: JSON.stringify(body) };
}
