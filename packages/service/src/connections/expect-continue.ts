import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/**
 * Sends `100 Continue` when the body of a request is read for the first time, and never where the answer comes before: a client
 * that waits for it then keeps its body (RFC 9110 §10.1.1), and Node closes its connection, since it may send the body after all.
 * For both protocols, and for whatever reads the body.
 */
export function continueWhenRead(
  req: IncomingMessage | Http2ServerRequest,
  res: ServerResponse | Http2ServerResponse,
): void {
  req._read = function readFirst(size) {
    Reflect.deleteProperty(req, '_read');
    if (!res.headersSent) res.writeContinue();
    req._read(size);
  };
}
