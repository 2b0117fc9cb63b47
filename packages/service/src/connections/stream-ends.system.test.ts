import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/eventually.ts';
import { endHeaders, endStream, frame, frameTypes, headOf, preface, uint32 } from '../../../../test/http2-frames.ts';
import { ca } from '../../test-fixtures/certificates.ts';
import { afterTest, waitingService } from '../../test-fixtures/waiting-service.ts';

async function connected(isTls: boolean) {
  const service = await waitingService(isTls);
  const { port } = service;
  const socket: Socket = isTls
    ? connectTls({ port, host: 'localhost', ca, ALPNProtocols: ['h2'] })
    : connect(port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  afterTest(() => socket.destroy());
  socket.write(preface);
  return { ...service, socket };
}

/** More than there are places. */
const rounds = 22;

// Those of RFC 9113, and one that nobody has defined.
const resets = [0, 2, 8, 99];
/** What a client sends on a stream while its request runs. */
const ends: Record<string, (id: number) => Buffer> = {
  ...Object.fromEntries(
    resets.map((code) => [
      `RST_STREAM with code ${code}`,
      (id: number) => frame(frameTypes.reset, 0, id, uint32(code)),
    ]),
  ),
  'a window update of 0': (id) => frame(frameTypes.windowUpdate, 0, id, uint32(0)),
  // Twice: a window that a reply has used up may grow by as much as this.
  'a window beyond the largest': (id) =>
    Buffer.concat(Array(2).fill(frame(frameTypes.windowUpdate, 0, id, uint32(0x7f_ff_ff_ff)))),
  'DATA after the end': (id) => frame(frameTypes.data, 0, id, Buffer.from('x')),
  'HEADERS after the end': (id) => frame(frameTypes.headers, endHeaders | endStream, id, headOf('/wait')),
  'a PRIORITY of a wrong length': (id) => frame(frameTypes.priority, 0, id, Buffer.alloc(4)),
};

describe.each(['cleartext', 'TLS'])('over %s, a stream that its client ends', (transport) => {
  const paths = ['/wait', '/blob', '/sse'];
  const cases = Object.entries(ends).flatMap(([what, end]) => paths.map((path) => ({ what, end, path })));
  it.each(cases)('by $what in the midst of $path has no place any more', async ({ end, path }) => {
    const { socket, counts, connections, lines } = await connected(transport === 'TLS');
    const isOver = () => socket.readableEnded || socket.destroyed;
    for (let n = 0; n < rounds && !isOver(); n++) {
      const id = 2 * n + 1;
      socket.write(frame(frameTypes.headers, endHeaders | endStream, id, headOf(path)));
      await eventually(() => counts.begun > n || isOver());
      socket.write(end(id));
      await eventually(() => lines.length > n || isOver());
    }
    await eventually(() => counts.ended === counts.begun && lines.length === counts.begun);
    for (const line of lines) expect(line).toMatchObject({ level: 'info', status: 499, msg: 'client went away' });
    expect(await connections.close(60_000)).toBe(0);
  });
});
