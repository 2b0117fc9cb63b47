import type { IncomingMessage, RequestListener } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { useOwnHeaders } from '../express/own-headers.ts';
import { endAfter } from './pipelined-requests.ts';
import { type RawProblem, sendRawProblem } from './raw-problem.ts';

// What RFC 3986 has for a host and a port. Empty is allowed, for a target without a host.
const hostAndPort = /^[\w.~!$&'()*+,;=%:[\]-]*$/;

const noHost: RawProblem = { code: 'rejected', detail: 'Request must have one Host header, with a host in it' };

const noTarget: RawProblem = { code: 'rejected', detail: 'Request must be for a path or a valid URL' };

// Node's parser takes `HTTP/2.0` in a request line of HTTP/1, and the app would look for a stream of HTTP/2.
const otherVersion: RawProblem = {
  code: 'rejected',
  detail: 'Request must be HTTP/1.1 or HTTP/1.0 on a connection of HTTP/1',
  status: 505,
};

/**
 * Answers 400 unless a request has exactly one Host header with a valid host (RFC 9112 §3.2); over HTTP/1.0 it may have none. With two of them a proxy
 * and this service could disagree on the target of the request. Node checks only that there is one, and answers without
 * a body: give the server `requireHostHeader: false`. A version other than 1.x is answered 505, a target that is no URL 400.
 */
export function requireHost(app: RequestListener): RequestListener {
  return function requireHost(req, res) {
    useOwnHeaders(req);
    const isOfHttp1 = req.httpVersionMajor === 1;
    const isFine = isOfHttp1 && hasOneHost(req);
    if (isFine) return isTarget(req.url) ? app(req, res) : sendRawProblem(res, noTarget);
    endAfter(res); // another server could take the bytes after it for something else
    sendRawProblem(res, isOfHttp1 ? noHost : otherVersion);
  };
}

const otherHost: RawProblem = { code: 'rejected', detail: 'Host must be the same as :authority, or not be there' };

/** Answers an HTTP/2 request with 400 whose Host header names another host than `:authority` does (RFC 9113 §8.3.1). Returns whether it did. */
export function refuseOtherHost(req: Http2ServerRequest, res: Http2ServerResponse): boolean {
  const { host, ':authority': authority } = req.headers;
  if (!host || !authority || host.toLowerCase() === authority.toLowerCase()) return false;
  sendRawProblem(res, otherHost);
  return true;
}

/**
 * Whether Node can make sense of a target that is a whole URL: of another one Express would have it print a warning. `http:///a` has no
 * host, and parsers disagree on its path.
 */
function isTarget(url = '/'): boolean {
  return url.startsWith('/') || !url.includes('://') || (URL.canParse(url) && !url.includes(':///'));
}

function hasOneHost({ headers, httpVersionMinor, rawHeaders }: IncomingMessage): boolean {
  if (headers.host === undefined) return httpVersionMinor === 0;
  if (!hostAndPort.test(headers.host)) return false;
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count === 1;
}
