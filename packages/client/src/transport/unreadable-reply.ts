import { maxHeaderSize } from 'node:http';
import { constants } from 'node:http2';
import { malformedReply, noHttp2 } from './http2-streams.ts';

const { NGHTTP2_PROTOCOL_ERROR } = constants;

interface Failure {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly http2ErrorCode?: number;
}

/** llhttp's words for a reply that its connection cut. */
const cut = /\(Invalid EOF state\)/;

/** undici's words for a reply of status 100 or 101 that no request asked for. */
const unasked = /^bad (response|upgrade)$/;

/**
 * Why a reply could not be read, in the parser's words; none where it was cut, or its connection broke. Another attempt
 * would bring the same reply, and the endpoint may answer other requests well.
 *
 * @param hasHead the reply's status and headers were read
 */
export function whyUnreadable(error: Error, hasHead: boolean): string | undefined {
  const { name, code, message = '', http2ErrorCode } = error as Failure;
  if (name === 'HTTPParserError') return cut.test(message) ? undefined : message;
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return `its headers have more than ${maxHeaderSize} bytes`;
  if (code === 'UND_ERR_SOCKET' && unasked.test(message)) return 'it begins with a 1xx status that was not asked for';
  // What undici's parser asserts of a status line.
  if (code === 'ERR_ASSERTION') return 'its status is below 100, and HTTP has none of these';
  if (http2ErrorCode === malformedReply) return 'it breaks HTTP/2';
  if (http2ErrorCode === noHttp2) return "the server does not speak HTTP/2: call it with the option `http: '1.1'`";
  const isOfLength = code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
  // undici gives its code to cut replies too. This error code is Node's for a complete one, or the server's own.
  if (hasHead && isOfLength && http2ErrorCode === NGHTTP2_PROTOCOL_ERROR) {
    return 'its body is shorter than its Content-Length, or the server finds that the request breaks HTTP/2 (PROTOCOL_ERROR)';
  }
  if (hasHead) return undefined;
  // undici gives this code for every malformed head with a Content-Length.
  if (isOfLength) return 'its Content-Length, or a header after it, is malformed';
  // Not of a GOAWAY with this code.
  const isOfStream = code === 'ERR_HTTP2_STREAM_ERROR' && http2ErrorCode === NGHTTP2_PROTOCOL_ERROR;
  return isOfStream ? 'its head breaks HTTP/2, or the server finds that the request does (PROTOCOL_ERROR)' : undefined;
}
