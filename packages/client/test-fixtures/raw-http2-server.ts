import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { frame as http2Frame, uint32 } from '../../../test/http2-frames.ts';

/** The frames that the tests send. */
export const frame = {
  settings: () => http2Frame(4, 0, 0),
  /** `:status: 200` from HPACK's static table. */
  headers: (stream: number, endStream = false) => http2Frame(1, endStream ? 5 : 4, stream, Buffer.from([0x88])),
  /** A head or trailers with these fields, uncompressed. */
  fields: (stream: number, fields: readonly (readonly [string, string])[], endStream = false) =>
    http2Frame(1, endStream ? 5 : 4, stream, Buffer.concat(fields.map(literal))),
  data: (stream: number, text: string | Buffer, endStream = false) =>
    http2Frame(0, endStream ? 1 : 0, stream, Buffer.from(text as string)),
  rst: (stream: number, code: number) => http2Frame(3, 0, stream, uint32(code)),
  goaway: (lastStream: number, code: number) => http2Frame(7, 0, 0, Buffer.concat([uint32(lastStream), uint32(code)])),
};

/** What a server does with a request: it has come whole, without a body. */
export type AnswerFrames = (stream: number, socket: Socket, connection: number) => void;

/**
 * An HTTP/2 server made of frames, for what `node:http2` never sends: its `stream.close()` ends a reply properly before
 * it resets the stream. Keeps the codes of the resets that it receives.
 */
export async function rawHttp2Server(answer: AnswerFrames, tls?: TlsOptions) {
  const sockets = new Set<Socket>();
  const resets: number[] = [];
  let [opened, requests] = [0, 0];
  const onSocket = (socket: Socket) => {
    const connection = ++opened;
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}));
    socket.write(frame.settings());
    let rest: Buffer = Buffer.alloc(0);
    let isFirst = true;
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      if (isFirst && rest.length >= 24) {
        rest = rest.subarray(24); // the preface
        isFirst = false;
      }
      while (!isFirst && rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const size = 9 + rest.readUIntBE(0, 3);
        const [type, flags, stream] = [rest[3], rest[4] ?? 0, rest.readUInt32BE(5)];
        if (type === 1 || (type === 0 && flags & 1)) {
          if (type === 1) requests++;
          if (flags & 1) answer(stream, socket, connection);
        } else if (type === 3) resets.push(rest.readUInt32BE(9));
        else if (type === 4 && !(flags & 1)) socket.write(http2Frame(4, 1, 0));
        else if (type === 6 && !(flags & 1)) socket.write(http2Frame(6, 1, 0, rest.subarray(9, size)));
        rest = rest.subarray(size);
      }
    });
  };
  const server: Server = tls ? createTlsServer({ ...tls, ALPNProtocols: ['h2'] }, onSocket) : createServer(onSocket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  const address = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, resets, close, counts: () => ({ opened, requests }) };
}

// Without an index, and without Huffman's coding: RFC 7541 §6.2.2.
function literal([name, value]: readonly [string, string]): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}
