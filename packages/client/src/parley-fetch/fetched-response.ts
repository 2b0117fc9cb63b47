import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { CallError, ownMembers } from '@parley/contract';
import { type ContentLimits, ReplyContent } from '../streams/reply-content.ts';
import type { Reply, ReplyHeaders } from '../transport/reply.ts';

type ResponseBody = ConstructorParameters<typeof Response>[0];

/** A `Response` with these has no body. */
const withoutBody = new Set([204, 205, 304]);
/** RFC 9110 §15. */
const mostStatus = 599;

/** A reply as the Fetch standard has it. Its `url` is that of the request, or where redirects have led within the endpoint. @throws CallError for a status above 599 */
export function fetchedResponse(reply: Reply, url: URL, limits: ContentLimits): Response {
  const { status, headers, origin, body } = reply;
  if (status > mostStatus) {
    if (body instanceof Readable) body.destroy();
    throw new CallError('invalid_reply', `the status is ${status}; the highest is ${mostStatus}`, origin);
  }
  const response = new Response(bodyOf(reply, limits), {
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

function bodyOf(reply: Reply, limits: ContentLimits): ResponseBody {
  const { status, body } = reply;
  if (withoutBody.has(status)) {
    if (body instanceof Readable) body.destroy();
    return null;
  }
  if (body instanceof Readable) return new ReplyContent(reply, limits).stream() as ResponseBody;
  return body as ResponseBody;
}

function headersOf(given: ReplyHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  }
  return headers;
}
