import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { ok, upstreamOf } from '../../test-fixtures/pooled-upstream.ts';
import { httpReply, RawServer, until } from '../../test-fixtures/raw-server.ts';
import { someRequest } from '../../test-fixtures/sample.ts';

describe('a pool of connections', () => {
  it('opens no more than maxConnections for 200 calls at a time, and counts those that wait', async () => {
    const held: Socket[] = [];
    let isHolding = true;
    const { server, upstream, counts } = await upstreamOf(
      (socket) => (isHolding ? held.push(socket) : socket.write(httpReply('{}'))),
      { maxConnections: 10 },
    );
    const calls = Array.from({ length: 200 }, () => upstream.send(someRequest()));
    await until(() => held.length === 10);
    expect(counts()).toMatchObject({ open: 10, running: 10, queued: 190, pending: 0, idle: 0 });
    isHolding = false;
    for (const socket of held) socket.write(httpReply('{}'));
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(200).fill(200));
    expect(server.connections).toBe(10);
    await until(() => counts().idle === 10);
    expect(counts()).toMatchObject({ open: 10, running: 0, queued: 0, reused: 190 });
  });

  it('counts a connection as idle once the next call takes it, and not before', async () => {
    const { server, upstream, counts } = await upstreamOf(ok);
    for (let i = 0; i < 20; i++) {
      await upstream.send(someRequest());
      while (counts().idle < 1) await new Promise(setImmediate);
    }
    expect(server.connections).toBe(1);
  });

  it('leaves nothing behind that would keep a process alive, closed or not', async () => {
    const server = new RawServer(ok);
    closeAfterTest(server);
    const address = await server.listen();
    const script = `
      import { createUpstream } from '@parley/client';
      const request = { label: 'GET /', method: 'GET', path: '/', headers: {}, safety: 'safe' };
      for (const doesClose of [true, false]) {
        const upstream = createUpstream('things', '${address}', { minConnections: 3, idleConnectionMs: 600_000 });
        const { status } = await upstream.send(request);
        if (doesClose) await upstream.close();
        console.log(status, doesClose ? process.getActiveResourcesInfo().filter((name) => /TCP/.test(name)) : '');
      }`;
    const child = spawn(process.execPath, ['--conditions=@parley/source', '--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 60_000, // a socket left behind would hold it for 10 min
    });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
    const [code] = await once(child, 'close');
    expect({ code, printed }).toEqual({ code: 0, printed: '200 []\n200 \n' });
  }, 70_000);
});
