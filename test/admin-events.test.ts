import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { defineContract, get } from '@parley/contract';
import { admin } from '@parley/service/admin';
import { type StartedService, startService } from '@parley/service/testing';
import { z } from 'zod';
import { secret } from './planted-secrets.ts';

const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', { summary: 'One', input: z.object({ id: z.string() }), output: z.object({}) }),
});
const token = `a-token-for-acting-${secret}`;

let service: StartedService;
let upstream: Upstream;
let operators: Upstream;
beforeEach(async () => {
  service = await startService(shop, { getItem: async () => ({}) }, { settings: { adminActToken: token } });
  upstream = createUpstream('things', 'http://10.0.0.1:1,http://10.0.0.2:1');
  operators = createUpstream('admin', service.adminUrl);
  operators.interceptors.request.use((config) => {
    config.headers.set('authorization', `Bearer ${token}`);
    return config;
  });
});
afterEach(async () => {
  await Promise.all([service.stop(), upstream.close(), operators.close()]);
});

const api = () => createClient(admin, operators);

/** Gives one event after the other: without the connections of this process' own upstreams, unless they are asked for. */
function watch({ withConnections = false } = {}) {
  const events = api().watchEvents()[Symbol.asyncIterator]();
  return async () => {
    for (;;) {
      const { value } = await events.next();
      if (withConnections || value?.kind !== 'connections') return value;
    }
  };
}

describe('GET /admin/events', () => {
  it('begins with the service and its upstreams, and goes on with acts, circuits and the drain', async () => {
    const next = watch();
    const snapshot = await next();
    expect(snapshot).toMatchObject({ kind: 'snapshot', service: { name: 'shop', isDraining: false } });
    expect(snapshot).toMatchObject({
      upstreams: expect.arrayContaining([expect.objectContaining({ name: 'things' })]),
    });
    await api().setCircuit({ upstream: 'things', endpoint: 'http://10.0.0.1:1', circuit: 'open' });
    const circuit = { upstream: 'things', endpoint: 'http://10.0.0.1:1' };
    expect(await next()).toMatchObject({ kind: 'circuit', ...circuit, circuit: 'forced-open', reason: 'operator' });
    const details = { ...circuit, before: 'closed', after: 'forced-open' };
    expect(await next()).toEqual({ kind: 'act', at: expect.any(String), act: 'setCircuit', isOver: false, details });
    await api().setLogLevel({ level: 'debug', forMs: 1 });
    expect(await next()).toMatchObject({ act: 'setLogLevel', isOver: false });
    expect(await next()).toMatchObject({ act: 'setLogLevel', isOver: true, details: { after: 'info' } });
    const stopped = service.stop();
    expect(await next()).toMatchObject({ kind: 'draining' });
    expect(await next()).toBeUndefined();
    await stopped;
  });

  it('cuts off a reader that falls behind', async () => {
    const options = { headers: { authorization: `Bearer ${token}` } };
    const [response] = (await once(request(`${service.adminUrl}/admin/events`, options).end(), 'response')) as [
      IncomingMessage,
    ];
    const closed = new Promise((resolve) => response.once('close', resolve));
    response.once('error', () => {});
    const circuit = upstream.circuit('http://10.0.0.1:1');
    for (let i = 0; i < 600; i++) {
      circuit.forceOpen();
      circuit.auto();
    }
    response.resume();
    await closed;
    expect(response.complete).toBe(false);
  });

  it('sums up what calls wait for, and what becomes of connections', async () => {
    const down = createUpstream('down', 'http://127.0.0.1:1', { maxAttempts: 2, backoffBaseMs: 1 });
    const next = watch({ withConnections: true });
    await next();
    await createClient(shop, down)
      .getItem({ id: '1' })
      .catch(() => {});
    const seen: Record<string, unknown>[] = [];
    do seen.push((await next()) as Record<string, unknown>);
    while (seen.filter((event) => event.upstream === 'down').length < 2);
    const kinds = { at: expect.any(String), upstream: 'down' };
    expect(seen).toContainEqual({
      ...kinds,
      ...{ kind: 'retries', backoffs: 1, longestWaitMs: expect.any(Number), budgetRefusals: 0 },
    });
    expect(seen).toContainEqual({ ...kinds, kind: 'connections', opened: 0, failed: 2, closed: {} });
    await down.close();
  });

  it('shows no token', async () => {
    const next = watch();
    const seen = [await next()];
    await api().setLogLevel({ level: 'debug' });
    seen.push(await next());
    expect(JSON.stringify(seen)).not.toContain(secret);
  });

  it('needs a token as all reading does', async () => {
    expect((await fetch(`${service.adminUrl}/admin/events`)).status).toBe(401);
  });
});
