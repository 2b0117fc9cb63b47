import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/**
 * Sends `100 Continue` when the body of a request is read for the first time, and never where the answer comes before: a client
 * that waits for it then keeps its body (RFC 9110 §10.1.1), and Node closes its connection, since it may send the body after all.
 * For both protocols, and for whatever reads the body. A client that does not wait, over HTTP/1.1, has its 100 at once: without
 * one Node closes the connection, and requests behind this one would be carried out without a reply.
 */
export function continueWhenRead(
  req: IncomingMessage | Http2ServerRequest,
  res: ServerResponse | Http2ServerResponse,
): void {
  const goOn = () => {
    if (Reflect.deleteProperty(req, '_read') && !res.headersSent) res.writeContinue();
  };
  req._read = function readFirst(size) {
    goOn();
    req._read(size);
  };
  if (req.httpVersionMajor > 1) return;
  // By then Node has parsed what came with the head.
  process.nextTick(() => {
    if (req.readableLength > 0 && Object.hasOwn(req, '_read')) goOn();
  });
}
