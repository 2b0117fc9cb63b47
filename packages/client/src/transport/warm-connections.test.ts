import { describe, expect, it } from '@jest/globals';
import { ok, upstreamOf } from '../../test-fixtures/pooled-upstream.ts';
import { until } from '../../test-fixtures/raw-server.ts';
import { someRequest } from '../../test-fixtures/sample.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';

describe('warm connections', () => {
  it('are open before the first request, and serve it', async () => {
    const { server, upstream, counts } = await upstreamOf(ok, { minConnections: 3 });
    await until(() => server.connections === 3 && counts().idle === 3);
    expect(counts()).toMatchObject({ open: 3, reused: 0 });
    await Promise.all([1, 2, 3].map(() => upstream.send(someRequest())));
    expect(server.connections).toBe(3);
  });

  it('are topped up', async () => {
    const { server, counts } = await upstreamOf(ok, { minConnections: 2 });
    await until(() => counts().idle === 2 && server.sockets.size === 2);
    for (const socket of server.sockets) socket.end();
    await until(() => server.connections === 4 && counts().open === 2);
  });

  it('are replaced after idleConnectionMs', async () => {
    const { server, counts } = await upstreamOf(ok, { minConnections: 1, idleConnectionMs: 50 });
    await until(() => server.connections > 1);
    await until(() => counts().open === 1);
    expect(server.sockets.size).toBe(1);
  });

  it('do not flood a server that closes what it accepts', async () => {
    const clock = new VirtualClock();
    const { server, counts } = await upstreamOf(ok, { minConnections: 5, clock });
    const closeAll = async () => {
      await until(() => counts().idle === server.sockets.size && server.sockets.size > 0);
      for (const socket of server.sockets) socket.destroy();
      await until(() => counts().open === 0);
    };
    await closeAll();
    await clock.advance(999);
    expect(server.connections).toBe(5);
    await clock.advance(1);
    await closeAll();
    expect(server.connections).toBe(10);
  });

  it('are closed with the upstream', async () => {
    const { server, upstream, counts } = await upstreamOf(ok, { minConnections: 4 });
    await until(() => counts().idle === 4);
    await upstream.close();
    await until(() => server.sockets.size === 0);
  });
});
