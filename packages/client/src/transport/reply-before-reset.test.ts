import { once } from 'node:events';
import { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { certificateAuthority, type Pair } from '../../test-fixtures/certificates.ts';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { rejection, somePost } from '../../test-fixtures/sample.ts';
import { createUpstream } from '../upstream.ts';
import { StreamSource } from './body-source.ts';

// The server runs in a thread of its own: it answers and closes while this one does something else.

const serverCode = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { pair, reply, how, state } = workerData;
  const tell = (index) => { Atomics.store(state, index, 1); Atomics.notify(state, index); };
  const onSocket = (socket) => {
    socket.on('error', () => {}).once('data', () => {
      socket.pause();
      tell(0);
      Atomics.wait(state, 1, 0);
      const close = () => {
        socket.once(how === 'end' ? 'finish' : 'close', () => tell(2));
        socket[how]();
      };
      reply ? socket.write(reply, close) : close();
    });
  };
  const server = pair ? require('node:tls').createServer(pair, onSocket) : require('node:net').createServer(onSocket);
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

let ca: string;
let pair: Pair;
beforeAll(async () => {
  const authority = await certificateAuthority();
  ca = authority.ca;
  pair = await authority.issue({ names: ['127.0.0.1'] });
});
let worker: Worker;
afterEach(async () => {
  await worker.terminate();
});

const refusal = 'HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}';

async function open(kind: string, reply: string, how: string) {
  const state = new Int32Array(new SharedArrayBuffer(12));
  const isSecure = kind === 'TLS';
  worker = new Worker(serverCode, { eval: true, workerData: { pair: isSecure && pair, reply, how, state } });
  const [port] = await once(worker, 'message');
  const scheme = isSecure ? 'https' : 'http';
  const upstream = createUpstream('things', `${scheme}://127.0.0.1:${port}`, {
    maxAttempts: 1,
    ...(isSecure && { tls: { ca } }),
  });
  closeAfterTest(upstream);
  async function* body() {
    yield Buffer.alloc(1_000);
    while (Atomics.load(state, 0) === 0) await new Promise(setImmediate);
    Atomics.store(state, 1, 1);
    Atomics.notify(state, 1);
    Atomics.wait(state, 2, 0, 10_000); // blocks: what comes now is unread
    for (let i = 0; i < 50; i++) yield Buffer.alloc(100_000);
  }
  return { upstream, body: new StreamSource(Readable.from(body())) };
}

describe.each(['cleartext', 'TLS'])('a client that is still sending (%s)', (kind) => {
  const ends = kind === 'TLS' ? ['end', 'destroy'] : ['end', 'destroy', 'resetAndDestroy'];

  it.each(ends)('gets the answer of a server that closes the connection after it: %s', async (how) => {
    const { upstream, body } = await open(kind, refusal, how);
    expect((await upstream.send(somePost({ body }))).status).toBe(413);
  });

  it.each(ends)('fails where the server closes without an answer, or with half of one: %s', async (how) => {
    for (const reply of ['', refusal.slice(0, 40), refusal.slice(0, -1)]) {
      const { upstream, body } = await open(kind, reply, how);
      expect(await rejection(upstream.send(somePost({ body })))).toMatchObject({ code: 'unavailable' });
      await worker.terminate();
    }
  });
});
