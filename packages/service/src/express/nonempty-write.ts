import { Http2ServerResponse } from 'node:http2';

type Write = (this: Http2ServerResponse, ...args: unknown[]) => boolean;

const write = Http2ServerResponse.prototype.write as unknown as Write;

/**
 * `write` of an HTTP/2 response, without the chunks that are empty. `node:http2` sends chunks that wait together. If the last
 * one is empty, it frees them all before they are sent (Node 20 to 26): `res.write(text)` twice and `res.end('')` would send
 * whatever the memory holds by then, data of other callers perhaps. `end` writes by this method too.
 */
export const nonemptyWrite: Write = function writeNonempty(...args) {
  const [chunk, encoding] = args;
  if (!isEmpty(chunk, encoding) || this.writableEnded || this.stream.destroyed) return write.apply(this, args);
  if (!this.headersSent) this.writeHead(this.statusCode); // like every first chunk
  const callback = args.find((one) => typeof one === 'function');
  if (callback) process.nextTick(callback);
  return !this.stream.writableNeedDrain;
};

function isEmpty(chunk: unknown, encoding: unknown): boolean {
  if (ArrayBuffer.isView(chunk)) return chunk.byteLength === 0;
  if (chunk === '') return true;
  // In these, a text may stand for no byte.
  const isCoded = encoding === 'hex' || encoding === 'base64' || encoding === 'base64url';
  return typeof chunk === 'string' && isCoded && Buffer.from(chunk, encoding).length === 0;
}
