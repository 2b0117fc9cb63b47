import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ask, http2Session, RefusedStream } from '../../test-fixtures/http2-client.ts';
import { trackSessions } from './track-sessions.ts';

const open: { destroy(): void }[] = [];

async function listening(app: Parameters<typeof createServer>[1]) {
  const server = createServer({}, app);
  const connections = trackSessions(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = http2Session(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  open.push(client, { destroy: () => server.close() });
  await once(client, 'remoteSettings');
  return { connections, client };
}

describe('track-sessions', () => {
  afterEach(() => {
    for (const one of open.splice(0)) one.destroy();
  });

  it('serves still when it is about to close', async () => {
    const { connections, client } = await listening((_req, res) => res.end('x'));
    connections.startClosing();
    expect(connections.isClosing).toBe(true);
    expect(await ask(client, { ':path': '/' })).toMatchObject({ status: 200, body: 'x' });
    expect(client.closed).toBe(false);
    expect(await connections.close(1000)).toBe(0);
    expect(client.closed).toBe(true);
  });

  it('says which requests it never began with, so that they go elsewhere at once', async () => {
    const paths: (string | undefined)[] = [];
    const second = Promise.withResolvers<() => void>();
    const { connections, client } = await listening(({ url }, res) => {
      if (paths.push(url) === 2) second.resolve(() => res.end('x'));
      else res.end('x');
    });
    await ask(client, { ':path': '/first' });
    const taken = ask(client, { ':path': '/taken' });
    const finish = await second.promise;
    const closed = connections.close(5000);
    await expect(ask(client, { ':path': '/crossed' })).rejects.toBeInstanceOf(RefusedStream);
    finish();
    expect(await taken).toMatchObject({ status: 200, body: 'x' });
    expect(await closed).toBe(0);
    expect(paths).toEqual(['/first', '/taken']);
  });

  it('waits for requests in flight', async () => {
    const started = Promise.withResolvers<() => void>();
    const { connections, client } = await listening((_req, res) => started.resolve(() => res.end('x')));
    const reply = ask(client, { ':path': '/' });
    const finish = await started.promise;
    const closed = connections.close(5000);
    finish();
    expect(await reply).toMatchObject({ body: 'x' });
    expect(await closed).toBe(0);
  });

  it('closes idle connections at once', async () => {
    const { connections, client } = await listening((_req, res) => res.end('x'));
    await ask(client, { ':path': '/' });
    expect(await connections.close(60_000)).toBe(0);
  });

  it('does not cut an answer that a slow reader has yet to read', async () => {
    const bytes = 5_000_000;
    const { connections, client } = await listening((_req, res) => res.end(Buffer.alloc(bytes)));
    const stream = client.request({ ':path': '/' });
    await once(stream, 'response');
    const closed = connections.close(5000);
    let received = 0;
    for await (const chunk of stream) received += chunk.length;
    expect(received).toBe(bytes);
    expect(await closed).toBe(0);
  });

  it('waits for stuck requests no longer than it may, and says how many it cut off', async () => {
    const started = Promise.withResolvers<void>();
    const { connections, client } = await listening(() => started.resolve());
    const reply = expect(ask(client, { ':path': '/' })).rejects.toThrow();
    await started.promise;
    expect(await connections.close(50)).toBe(1);
    await reply;
  });
});
