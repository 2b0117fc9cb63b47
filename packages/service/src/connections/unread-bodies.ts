import { linger } from '@parley/contract';
import type { Response } from 'express';
import { isHttp2Response } from '../express/http2-response.ts';
import { hasBody } from '../requests/has-body.ts';

/** Bytes of a body that are read after the answer, so that the connection stays in use. Go's net/http has the same number. */
const maxBytes = 262_144;

/**
 * Says `Connection: close` in a head over HTTP/1.1 where too much of the request's body is still to come, or where it comes in
 * chunks that nobody reads: they may turn out to be invalid, and a gateway that has the whole answer by then would have sent the
 * next request. Call it right before the head is written.
 */
export function closeIfUnread(res: Response): void {
  const { req } = res;
  if (req.complete || isHttp2Response(res) || !hasBody(req)) return;
  const length = req.headers['content-length'];
  // An operation may answer while it reads; a problem ends the reading.
  const isUnread = req.readableFlowing === null || res.statusCode >= 400;
  if (length === undefined ? isUnread : Number(length) > maxBytes) res.shouldKeepAlive = false;
}

/**
 * Reads off the rest of a request's body after the response, or ends the connection where that is more than a small bound.
 * Node alone reads to the end, however far that is. Call it right before the response ends. Over HTTP/2 the stream is
 * reset instead: see `http2Express`.
 */
export function discardRest(res: Response): void {
  const { req } = res;
  if (req.complete || isHttp2Response(res) || !hasBody(req)) return;
  const { socket } = req;
  if (!res.headersSent) closeIfUnread(res);
  // Node calls it after the last response of a connection, and would close that with bytes unread.
  socket.destroySoon = () => linger(socket);
  if (!res.shouldKeepAlive) return;
  let left = maxBytes;
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left >= 0) return;
    req.pause();
    const end = () => linger(socket, { maxBytes: 0 });
    if (res.writableFinished) end();
    else res.once('finish', end);
  });
  // The prototype's own again, for the next response.
  req.once('end', () => void Reflect.deleteProperty(socket, 'destroySoon'));
  req.resume();
}
