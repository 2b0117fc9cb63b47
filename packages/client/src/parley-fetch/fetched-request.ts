import { Readable } from 'node:stream';
import { contextHeaders } from '../context/context-headers.ts';
import { inheritedContext } from '../context/inherited-context.ts';
import type { CallRequest } from '../layer.ts';
import { type RequestBody, StreamSource } from '../transport/body-source.ts';
import { safetyOf } from '../transport/method-safety.ts';

/** As many redirects as the Fetch standard follows. */
const mostRedirects = 20;

/** A request as the Fetch standard has it, and as the pipeline sends it. */
export interface FetchedRequest {
  readonly url: URL;
  readonly redirect: RequestInit['redirect'];
  readonly signal: AbortSignal;
  readonly call: CallRequest;
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
 * From the arguments of `fetch` to a call. The host of the URL does not count; a path alone is a URL too.
 *
 * @param isStored whether replies to reads may be stored: such a reply is read whole
 * @throws TypeError as `fetch` does, for arguments that the Fetch standard refuses
 */
export async function fetchedRequest(
  input: string | URL | Request,
  { cache, ...init }: RequestInit,
  isStored: boolean,
): Promise<FetchedRequest> {
  const request = new Request(input instanceof Request ? input : new URL(input, 'http://upstream'), init);
  const { method, redirect, signal } = request;
  const url = new URL(request.url);
  const context = inheritedContext({ signal });
  const headers = { ...contextHeaders(context), ...Object.fromEntries(request.headers) };
  const directive = cacheModes[cache ?? (input instanceof Request ? input.cache : 'default')];
  const directives = [headers['cache-control'], directive].filter((one) => one !== undefined);
  if (directives.length > 0) headers['cache-control'] = directives.join(', ');
  const body = await bodyOf(request, init.body);
  const isRead = method === 'GET' || method === 'HEAD';
  // An event stream has no end to be read to.
  const isStreamed = directives.includes('no-store') || request.headers.get('accept')?.includes('text/event-stream');
  const call: CallRequest = {
    label: `${method} ${url.pathname}`,
    method,
    path: url.pathname + url.search,
    headers,
    body,
    replyAs: isStored && isRead && !isStreamed ? 'bytes' : 'stream',
    wire: { maxRedirects: redirect === 'follow' ? mostRedirects : 0 },
    safety: body instanceof StreamSource ? 'unsafe' : safetyOf(method, headers),
    context,
  };
  return { url, redirect, signal, call };
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
