import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

const heldBack = new WeakSet<object>();

/**
 * Sends `100 Continue` when the body of a request is read for the first time, and never where the answer comes before: a client
 * that waits for it then keeps its body (RFC 9110 §10.1.1). For both protocols, and for whatever reads the body.
 */
export function continueWhenRead(
  req: IncomingMessage | Http2ServerRequest,
  res: ServerResponse | Http2ServerResponse,
): void {
  heldBack.add(req);
  req._read = function readFirst(size) {
    Reflect.deleteProperty(req, '_read');
    if (!res.headersSent) {
      heldBack.delete(req);
      res.writeContinue();
    }
    req._read(size);
  };
}

/** Whether the client of a request still waits for leave to send the body. */
export function isHeldBack(req: object): boolean {
  return heldBack.has(req);
}
