import { Readable } from 'node:stream';
import { type RequestBody, StreamSource } from '../transport/body-source.ts';
import type { PlainRequest } from './plain-request.ts';

/** As many redirects as the Fetch standard follows. */
const mostRedirects = 20;

/** A request as the Fetch standard has it, and as the pipeline sends it. */
export interface FetchedRequest extends PlainRequest {
  readonly url: URL;
  readonly redirect: RequestInit['redirect'];
}

/** The request directives that stand for a `cache` mode. */
const cacheModes: Readonly<Record<string, string>> = {
  'no-store': 'no-store',
  reload: 'no-cache',
  'no-cache': 'max-age=0',
  'force-cache': 'max-stale',
  'only-if-cached': 'only-if-cached, max-stale',
};

/**
 * Reads the arguments of `fetch`. The host of the URL does not count; a path alone is a URL too.
 *
 * @throws TypeError as `fetch` does, for arguments that the Fetch standard refuses
 */
export async function fetchedRequest(
  input: string | URL | Request,
  { cache, ...init }: RequestInit,
): Promise<FetchedRequest> {
  const request = new Request(input instanceof Request ? input : new URL(input, 'http://upstream'), init);
  const { method, redirect, signal } = request;
  const url = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  const directive = cacheModes[cache ?? (input instanceof Request ? input.cache : 'default')];
  const directives = [headers['cache-control'], directive].filter((one) => one !== undefined);
  if (directives.length > 0) headers['cache-control'] = directives.join(', ');
  return {
    url,
    redirect,
    method: method.toUpperCase(),
    path: url.pathname + url.search,
    headers,
    body: await bodyOf(request, init.body),
    signal,
    maxRedirects: redirect === 'follow' ? mostRedirects : 0,
  };
}

/** What can be sent again is read whole; a stream, and the body of a `Request`, is sent once. */
async function bodyOf(request: Request, given: RequestInit['body']): Promise<RequestBody | undefined> {
  if (request.body === null) return undefined;
  if (typeof given === 'string') return given;
  const isStream = given === undefined || given === null || given instanceof ReadableStream || isIterable(given);
  if (!isStream) return new Uint8Array(await request.arrayBuffer());
  return new StreamSource(Readable.fromWeb(request.body as Parameters<typeof Readable.fromWeb>[0]));
}

function isIterable(given: object): boolean {
  return Symbol.asyncIterator in given;
}
