import { CallError } from '@parley/contract';
import type { Upstream } from '../upstream.ts';
import { fetchFailure } from './fetch-failure.ts';
import { fetchedRequest } from './fetched-request.ts';
import { fetchedResponse } from './fetched-response.ts';
import { plainCall } from './plain-request.ts';

/** What `parleyFetch` gives: called as `fetch`. */
export type ParleyFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * The whole pipeline as a `fetch`, for code and libraries that take one: `new SomeSdk({ fetch: parleyFetch(upstream) })`. Retries, breakers,
 * balancing, deadlines and the cache of the upstream apply.
 *
 * The path of the URL counts, its host does not: the upstream knows the endpoints, and puts its base path before. Methods are repeated as
 * RFC 9110 §9.2.2 allows: GET, HEAD, OPTIONS, PUT and DELETE, and anything with an `Idempotency-Key`, unless the body is a stream.
 * Redirects are followed within the endpoint only, 20 at most; `redirect: 'manual'` gives the reply itself, `'error'` rejects.
 *
 * A reply's body is a stream, which ends with an error after `idleTimeoutMs` of silence; one that nobody reads is cancelled then. Where the
 * upstream has a cache, GET is read whole before it resolves, up to `maxReplyBytes`, since streams are never stored; `cache: 'no-store'`
 * streams it, and so does `Accept: text/event-stream`. The other modes of `cache` become `Cache-Control` of the request.
 *
 * @throws TypeError as `fetch` does, while the body is read too; its `cause` is the CallError. A signal that fires rejects with its reason
 */
export function parleyFetch(upstream: Upstream): ParleyFetch {
  return async function parleyFetch(input, init = {}) {
    const { clock, idleTimeoutMs, maxReplyBytes, cache } = upstream.options;
    const request = await fetchedRequest(input, init);
    const { redirect, signal } = request;
    signal.throwIfAborted();
    try {
      const reply = await upstream.send(plainCall(request, cache !== false));
      const response = fetchedResponse(reply, request, { clock, idleTimeoutMs, maxBytes: maxReplyBytes });
      if (redirect === 'error' && isRedirect(response)) {
        response.body?.cancel().catch(() => {});
        throw new CallError('rejected', 'the reply is a redirect');
      }
      return response;
    } catch (error) {
      throw fetchFailure(error, signal);
    }
  };
}

function isRedirect({ status, headers }: Response): boolean {
  return status >= 300 && status < 400 && status !== 304 && headers.has('location');
}
