import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { CallError, ownMembers } from '@parley/contract';
import { type ContentLimits, ReplyContent } from '../streams/reply-content.ts';
import type { Reply, ReplyHeaders } from '../transport/reply.ts';
import { fetchFailure } from './fetch-failure.ts';

type ResponseBody = ConstructorParameters<typeof Response>[0];

/** A `Response` with these has no body. */
const withoutBody = new Set([204, 205, 304]);
/** RFC 9110 §15. */
const mostStatus = 599;

/** What a response takes of its request. */
interface Asked {
  readonly url: URL;
  readonly signal: AbortSignal;
}

/** A reply as the Fetch standard has it. Its `url` is that of the request, or where redirects have led within the endpoint. @throws CallError for a status above 599 */
export function fetchedResponse(reply: Reply, { url, signal }: Asked, limits: ContentLimits): Response {
  const { status, headers, origin, body } = reply;
  if (status > mostStatus) {
    if (body instanceof Readable) body.destroy();
    throw new CallError('invalid_reply', `the status is ${status}; the highest is ${mostStatus}`, origin);
  }
  const response = new Response(bodyOf(reply, signal, limits), {
    status,
    statusText: STATUS_CODES[status] ?? '',
    headers: headersOf(headers),
  });
  const { redirected } = origin;
  return withPlace(response, redirected ? new URL(redirected.path, url).href : url.href, redirected !== undefined);
}

/** A `Response` made by hand has no URL, and neither have its clones. */
function withPlace(response: Response, url: string, redirected: boolean): Response {
  const clone = () => withPlace(Response.prototype.clone.call(response), url, redirected);
  const own = <T>(value: T) => ownMembers({ value }); // a descriptor has what its prototype has
  return Object.defineProperties(response, {
    url: own(url),
    redirected: own(redirected),
    clone: own(clone),
  });
}

function bodyOf(reply: Reply, signal: AbortSignal, limits: ContentLimits): ResponseBody {
  const { status, body } = reply;
  if (withoutBody.has(status)) {
    if (body instanceof Readable) body.destroy();
    return null;
  }
  if (body instanceof Readable) return failingAsFetch(new ReplyContent(reply, limits).stream(), signal) as ResponseBody;
  return body as ResponseBody;
}

/** The same bytes; its reader gets the errors that a reader of `fetch` gets. */
function failingAsFetch(stream: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read().catch((error) => {
          throw fetchFailure(error, signal);
        });
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function headersOf(given: ReplyHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  }
  return headers;
}
