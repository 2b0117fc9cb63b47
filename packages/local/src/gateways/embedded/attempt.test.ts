import { createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../../test/eventually.ts';
import { freePort } from '../../../../../test/free-port.ts';
import { rawClient, startTestGateway } from '../../../test-fixtures/embedded-gateway.ts';
import { loopback } from '../../ports/ports.ts';

const closeables: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closeables.splice(0).reverse()) await close();
});

const get = (path: string, method = 'GET', version = '1.1') =>
  `${method} ${path} HTTP/${version}\r\nHost: x\r\nConnection: close\r\n\r\n`;
const reply = (body: string, headers = '') =>
  `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const poison = reply('another');
/** Sends a head and, in a packet of its own, the poison. */
const poisonAfter = (socket: Socket, head: string) =>
  void socket.write(head, () => setImmediate(() => socket.write(poison)));

/** A replica that answers to a path with bytes as they are, to all others with the path. */
async function gatewayTo(answers: Record<string, (socket: Socket) => void>): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        for (const [, path = ''] of chunk.toString('latin1').matchAll(/^[A-Z]+ (\S+) HTTP/gm)) {
          const answer = answers[path.replace('/api/greetings/', '')];
          if (answer) answer(socket);
          else socket.write(reply(path));
        }
      });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, loopback, resolve));
  closeables.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const gateway = await startTestGateway(`${loopback}:${port}`);
  closeables.push(() => gateway.close());
  return gateway.port;
}

async function ask(port: number, name: string, method?: string, version?: string): Promise<string> {
  return rawClient(port, get(`/api/greetings/${name}`, method, version)).closed;
}

describe('a replica that breaks HTTP', () => {
  it.each([
    ['two replies', (socket: Socket) => void socket.write(reply('bad') + poison)],
    [
      'a body on HEAD that is a reply',
      (socket: Socket) => {
        poisonAfter(socket, `HTTP/1.1 200 OK\r\nContent-Length: ${poison.length}\r\n\r\n`);
      },
    ],
    [
      'a body on 204 that is a reply',
      (socket: Socket) => {
        poisonAfter(socket, 'HTTP/1.1 204 No Content\r\n\r\n');
      },
    ],
    [
      'a body on 304 that is a reply',
      (socket: Socket) => {
        poisonAfter(socket, 'HTTP/1.1 304 Not Modified\r\n\r\n');
      },
    ],
    [
      'both Content-Length and chunks',
      (socket: Socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${poison}`);
      },
    ],
    [
      'two Content-Lengths',
      (socket: Socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: ${poison.length}\r\n\r\n${poison}`);
      },
    ],
  ])('spoils nobody else’s reply by %s', async (_what, answer) => {
    const port = await gatewayTo({ bad: answer });
    for (let round = 0; round < 5; round++) {
      for (const method of ['HEAD', 'GET']) {
        await ask(port, 'bad', method);
        for (let passed = 0; passed < round * 4; passed++) await turn();
        const replies = await Promise.all(['a', 'b', 'c'].map((name) => ask(port, name)));
        for (const [index, text] of replies.entries()) {
          expect(text).not.toContain('another');
          // Its connection may have broken together with the bad one's: a GET is asked again, once.
          expect(text).toMatch(/^HTTP\/1.1 (200|50\d) /);
          if (text.startsWith('HTTP/1.1 200 ')) expect(text).toContain(`/api/greetings/${'abc'[index]}`);
        }
      }
    }
  });

  it('loses a connection on which it sends bytes though nothing was asked', async () => {
    let poisoned: Socket | undefined;
    const port = await gatewayTo({
      bad: (socket) => {
        socket.write(reply('bad'));
        poisoned = socket;
      },
    });
    expect(await ask(port, 'bad')).toContain('bad');
    poisoned?.write(poison);
    // Otherwise it would be kept for 150 ms.
    await eventually(() => poisoned?.destroyed || poisoned?.readableEnded, 8);
    expect(await ask(port, 'a')).toContain('/api/greetings/a');
  });

  it.each([
    ['101 that nobody has asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n'],
    ['no HTTP', 'NONSENSE\r\n\r\n'],
    [
      'two ways to frame its body',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['headers without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}`],
  ])('is answered for with 502 where it gives %s', async (_what, bytes) => {
    const port = await gatewayTo({ bad: (socket) => void socket.write(bytes) });
    expect(await ask(port, 'bad')).toMatch(/^HTTP\/1.1 502 .*application\/problem\+json/s);
  });

  it.each([
    ['a Trailer of a body of known length', reply('ok', 'Trailer: X\r\n')],
    ['a reason that is none', 'HTTP/1.1 200 a\x01b\xff\r\nContent-Length: 2\r\n\r\nok'],
    ['another coding than chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['trailers', 'HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n'],
  ])('does not end the gateway with %s', async (_what, bytes) => {
    const port = await gatewayTo({ bad: (socket) => void socket.write(bytes, 'latin1') });
    for (const version of ['1.1', '1.0']) {
      const text = await ask(port, 'bad', 'GET', version);
      expect(text === '' || /^HTTP\/1.1 (200 OK|502)/.test(text)).toBe(true);
      expect(text).not.toMatch(/^trailer:/im);
      expect(await ask(port, 'fine')).toContain('/api/greetings/fine');
    }
  });

  it('may send any number of informational replies first', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n';
    const port = await gatewayTo({ hints: (socket) => void socket.write(hints.repeat(20) + reply('at last')) });
    expect(await ask(port, 'hints')).toMatch(/^HTTP\/1.1 200 OK\r\n.*at last$/s);
  });

  it('takes no header of the gateway away by its Connection, and passes none of its own hop on', async () => {
    const headers =
      'Connection: Content-Length, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\nUpgrade: h2c\r\nX-End: 1\r\n';
    const port = await gatewayTo({ hop: (socket) => void socket.write(reply('hop', headers)) });
    const text = await ask(port, 'hop');
    expect(text).toMatch(/^content-length: 3\r$/im);
    expect(text).toMatch(/^x-end: 1\r$/im);
    expect(text).not.toMatch(/^(x-hop|keep-alive|upgrade):/im);
  });
});
