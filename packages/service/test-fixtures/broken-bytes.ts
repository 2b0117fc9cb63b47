import fc from 'fast-check';
import { frame, preface } from '../../../test/http2-frames.ts';
import { hostile, oddRequest, toHttp1 } from './odd-requests.ts';

/** One that breaks HTTP/1.1: smuggling, missing parts, a changed byte, or no HTTP at all. */
export const brokenHttp1: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(oddRequest, fc.boolean(), fc.nat(), fc.oneof(hostile, fc.constantFrom('\u00ff', '\0', '\n', '\r', ' ', ':')))
    .map(([request, isChunked, at, insert]) => {
      const bytes = toHttp1(request, isChunked);
      const cut = at % bytes.length;
      return Buffer.concat([bytes.subarray(0, cut), Buffer.from(insert, 'latin1'), bytes.subarray(cut + (at % 3))]);
    }),
  fc.tuple(oddRequest, fc.nat()).map(([request, at]) => {
    const bytes = toHttp1(request, false);
    return bytes.subarray(0, 1 + (at % bytes.length));
  }),
  fc
    .constantFrom(
      'GET / HTTP/1.1\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
      'POST /api/visits HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST /api/visits HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n',
      'POST /api/visits HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n',
      'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nUpgrade: h2c\r\n\r\n',
      `GET /${'a'.repeat(17_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      'PRI * HTTP/2.0\r\n\r\n',
      'PRX',
    )
    .map((shape) => Buffer.from(shape)),
);

const anyFrame = fc
  .record({
    type: fc.nat({ max: 12 }),
    flags: fc.nat({ max: 255 }),
    stream: fc.nat({ max: 9 }),
    payload: fc.uint8Array({ maxLength: 60 }),
  })
  .map(({ type, flags, stream, payload }) => frame(type, flags, stream, payload));

/** Bytes of HTTP/2 that begin well and go on with frames of any kind. */
export const brokenHttp2: fc.Arbitrary<Buffer> = fc
  .array(anyFrame, { minLength: 1, maxLength: 10 })
  .map((frames) => Buffer.concat([preface, ...frames]));
