import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kindOf, type RunningGateway, startGateway, testedGateways } from '../running-gateway.ts';
import { type RunningService, startService } from '../running-service.ts';
import { sendRaw } from '../send-raw.ts';

const dead = ['127.0.0.1:9'];
/** HAProxy resets a connection whose client still sends: the answer may be lost. */
const lingering = testedGateways().filter((name) => kindOf(name) !== 'haproxy');
let gateway: RunningGateway;

/** Goes on sending for a while, whatever comes back, and hangs up when the server has. */
function sendMore(socket: Socket): void {
  const chunk = 'x'.repeat(64 * 1024);
  let left = 40;
  const sending = setInterval(() => {
    if (left-- > 0 && !socket.destroyed) socket.write(chunk);
    else clearInterval(sending);
  }, 5);
  // It sends on when the server has nothing more to say.
  socket.allowHalfOpen = true;
  socket.once('end', () => setTimeout(() => socket.end(), 300));
}

describe.each(lingering)('a refusal of %s', (name) => {
  beforeAll(async () => {
    gateway = await startGateway(name, { greetings: dead, hello: dead, guestbook: dead });
  }, 30_000);
  afterAll(() => gateway?.stop(), 30_000);

  const head = (line: string, ...headers: string[]) => `${[line, 'Host: a', ...headers].join('\r\n')}\r\n`;

  it.each([
    ['announced too large', 413, `${head('POST /api/visits HTTP/1.1', 'Content-Length: 9000000')}\r\n`],
    [
      'in chunks and too large',
      413,
      `${head('POST /api/visits HTTP/1.1', 'Transfer-Encoding: chunked')}\r\n900000\r\n${'x'.repeat(1_200_000)}`,
    ],
    ['with a header too large', 431, head('POST /api/visits HTTP/1.1', `X: ${'x'.repeat(9000)}`)],
    [
      'with headers too large together',
      431,
      head('POST / HTTP/1.1', ...'abc'.split('').map((x) => `${x}: ${x.repeat(6000)}`)),
    ],
    ['with a URL too long', kindOf(name) === 'nginx' ? 414 : 431, head(`POST /${'x'.repeat(9000)} HTTP/1.1`)],
    ['with two lengths', 400, head('POST /api/visits HTTP/1.1', 'Content-Length: 5', 'Content-Length: 6')],
    ['that is no HTTP', 400, 'GARBAGE\r\n\r\n'],
    ['without a service', 404, `${head('POST /nowhere HTTP/1.1', 'Content-Length: 900000')}\r\n`],
    ['whose service is gone', 503, `${head('POST /api/visits HTTP/1.1', 'Content-Length: 9')}\r\n{"a": 12}`],
  ])('reaches a client that still sends a request %s', async (_what, status, bytes) => {
    // nginx reads on for 5 s, and then resets the connections that are still open.
    const reply = await sendRaw(gateway.url, bytes, { more: sendMore, hangUpAfterMs: 3_000 });
    expect({ status: reply.status, isReset: reply.isReset }).toEqual({ status, isReset: false });
    expect(reply.text).toContain('"type":"urn:parley:problem:');
  });
});

describe.each(lingering)('after a refusal of %s', (name) => {
  it('a client that sends on, byte by byte, is left with its connection after a few seconds', async () => {
    const gateway = await startGateway(name, {});
    const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
    socket.write('POST /api/visits HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 413 /);
    // The 30 s that nginx reads unasked would be 150 bytes.
    let sent = 0;
    const sending = setInterval(() => {
      sent++;
      socket.write('x');
    }, 200);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(sending);
    expect(sent).toBeLessThan(60);
    await gateway.stop();
  }, 60_000);
});

describe.each(lingering)('a refusal of a service behind %s', (name) => {
  let folder: string;
  let guestbook: RunningService;
  let gateway: RunningGateway;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guestbook-'));
    guestbook = await startService('guestbook', { HELLO_URL: 'http://127.0.0.1:9', DATA_DIR: folder });
    gateway = await startGateway(name, { guestbook: [new URL(guestbook.url).host] });
  }, 30_000);
  afterAll(async () => {
    await gateway?.stop();
    await guestbook?.stop();
    await rm(folder, { recursive: true });
  }, 30_000);

  it('is no 502, though the service leaves most of the body unread', async () => {
    const refused = (type: string) =>
      fetch(`${gateway.url}/api/visits`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: 'x'.repeat(1_000_000),
      });
    for (let i = 0; i < 20; i++) {
      expect((await refused('text/plain')).status).toBe(415);
      expect((await refused('application/json')).status).toBe(413);
    }
  }, 30_000);
});
