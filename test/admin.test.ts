import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream, type UpstreamOptions } from '@parley/client';
import { defineContract, get, type Handlers } from '@parley/contract';
import { admin } from '@parley/service/admin';
import { type StartedService, type StartOptions, startService } from '@parley/service/testing';
import { z } from 'zod';
import { eventually } from './eventually.ts';

const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', {
    summary: 'One item',
    input: z.object({ id: z.string() }),
    output: z.object({ id: z.string() }),
  }),
});

const readToken = 'a-token-for-reading';
const actToken = 'a-token-for-acting';
const tokens = { adminReadToken: readToken, adminActToken: actToken };

let service: StartedService;
let upstreams: Upstream[] = [];
afterEach(async () => {
  await Promise.all(upstreams.map((upstream) => upstream.close()));
  upstreams = [];
  await service.stop();
});

async function start(
  settings: StartOptions['settings'] = {},
  getItem: Handlers<typeof shop>['getItem'] = async ({ id }) => ({ id }),
): Promise<void> {
  service = await startService(shop, { getItem }, { version: '2.1.0', settings });
}

function open(name: string, url: string, options: Partial<UpstreamOptions> = {}): Upstream {
  const upstream = createUpstream(name, url, { maxAttempts: 1, ...options });
  upstreams.push(upstream);
  return upstream;
}

function operator(token?: string) {
  const upstream = open('admin', service.adminUrl);
  upstream.interceptors.request.use((config) => {
    if (token !== undefined) config.headers.set('authorization', `Bearer ${token}`);
    return config;
  });
  return createClient(admin, upstream);
}

describe('the admin API', () => {
  it('shows the service and its operations, on loopback without a token', async () => {
    await start();
    const shown = await operator().getService();
    expect(shown).toMatchObject({
      name: 'shop',
      version: '2.1.0',
      pid: process.pid,
      isDraining: false,
      load: { inFlight: 0, callers: 0 },
      operations: [{ name: 'getItem', method: 'GET', path: '/api/items/{id}', safety: 'safe' }],
    });
  });

  it('is on the operators’ port only', async () => {
    await start();
    expect((await fetch(`${service.url}/admin/service`)).status).toBe(404);
  });

  it('shows upstreams as they stand, and changes nothing by that', async () => {
    await start(tokens);
    const upstream = open('shop', service.url);
    await createClient(shop, upstream).getItem({ id: '1' });
    const { upstreams: first } = await operator(readToken).listUpstreams();
    const { upstreams: second } = await operator(readToken).listUpstreams();
    const find = (all: typeof first) => all.find(({ name }) => name === 'shop');
    expect(find(first)).toMatchObject({
      endpoints: [{ address: service.url, circuit: 'closed', isEjected: false, inFlight: 0 }],
      concurrency: { inFlight: 0, queued: 0 },
    });
    expect(find(second)?.endpoints[0]?.circuitSinceMs).toBe(find(first)?.endpoints[0]?.circuitSinceMs);
  });

  it('forces a circuit and lets it decide again, with a line of the log for each act', async () => {
    await start(tokens);
    const upstream = open('shop', service.url);
    const { getItem } = createClient(shop, upstream);
    await getItem({ id: '1' });
    const { setCircuit } = operator(actToken);
    const at = { upstream: 'shop', endpoint: service.url };
    expect(await setCircuit({ ...at, circuit: 'open' })).toEqual({ before: 'closed', after: 'forced-open' });
    await expect(getItem({ id: '2' })).rejects.toMatchObject({ code: 'unavailable' });
    expect(await setCircuit({ ...at, circuit: 'closed' })).toEqual({ before: 'forced-open', after: 'forced-closed' });
    await getItem({ id: '3' });
    expect(await setCircuit({ ...at, circuit: 'auto' })).toEqual({ before: 'forced-closed', after: 'closed' });
    const acts = service.logs.filter(({ msg }) => msg === 'an operator acts');
    expect(acts).toMatchObject([
      { level: 'warn', act: 'setCircuit', ...at, before: 'closed', after: 'forced-open' },
      { before: 'forced-open', after: 'forced-closed' },
      { before: 'forced-closed', after: 'closed' },
    ]);
    expect(JSON.stringify(service.logs)).not.toContain(actToken);
  });

  it('shows and forces the circuit of an endpoint with a fixed address before the first call', async () => {
    await start(tokens);
    const { getItem } = createClient(shop, open('shop', service.url));
    const { listUpstreams, setCircuit } = operator(actToken);
    const { upstreams: all } = await listUpstreams();
    expect(all.find(({ name }) => name === 'shop')?.endpoints).toMatchObject([{ address: service.url }]);
    await setCircuit({ upstream: 'shop', endpoint: service.url, circuit: 'open' });
    await expect(getItem({ id: '1' })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('says that endpoints are not known before the first call where addresses are looked up', async () => {
    await start(tokens);
    open('shop', 'dns://shop.invalid:80');
    const refused = operator(actToken).setCircuit({ upstream: 'shop', endpoint: 'http://10.0.0.1', circuit: 'open' });
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('looked up at the first call') });
  });

  it('names the upstreams and endpoints that there are where another one is asked for', async () => {
    await start(tokens);
    const upstream = open('shop', service.url);
    await createClient(shop, upstream).getItem({ id: '1' });
    const { setCircuit } = operator(actToken);
    const refused = (name: string, endpoint: string) =>
      setCircuit({ upstream: name, endpoint, circuit: 'open' }).catch((error: Error) => error.message);
    expect(await refused('shops', service.url)).toContain('no upstream "shops"; it has: shop');
    expect(await refused('shop', 'http://other')).toContain(`no endpoint "http://other"; it has: ${service.url}`);
  });

  it('changes the log level for a time, for requests under way too', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    await start({ ...tokens, logLevel: 'warn' }, async ({ id }, context) => {
      context?.log?.debug('before');
      asked.resolve();
      await answer.promise;
      context?.log?.debug('after');
      return { id };
    });
    const request = fetch(`${service.url}/api/items/1`);
    await asked.promise;
    const { setLogLevel, getService } = operator(actToken);
    expect(await getService()).toMatchObject({ logLevel: { level: 'warn', configured: 'warn' } });
    const changed = await setLogLevel({ level: 'debug' });
    expect(changed).toMatchObject({ before: 'warn', after: 'debug' });
    const inMs = Date.parse(changed.endsAt ?? '') - Date.now();
    expect(inMs).toBeGreaterThan(590_000);
    expect(inMs).toBeLessThanOrEqual(600_000);
    expect((await getService()).logLevel).toEqual({ level: 'debug', configured: 'warn', endsAt: changed.endsAt });
    answer.resolve();
    await (await request).text();
    await eventually(() => service.logs.some(({ msg }) => msg === 'request') || undefined);
    expect(service.logs.map(({ msg }) => msg)).toEqual(['an operator acts', 'after', 'request']);
    expect(service.logs[0]).toMatchObject({ act: 'setLogLevel', before: 'warn', after: 'debug', peer: '127.0.0.1' });
  });

  it('has an audit of acts that silence the log, and of the end of their time', async () => {
    await start(tokens);
    const { setLogLevel } = operator(actToken);
    await setLogLevel({ level: 'silent', forMs: 1 });
    await eventually(() => service.logs.some(({ msg }) => msg === 'what an operator set has ended') || undefined);
    expect(service.logs).toMatchObject([
      { act: 'setLogLevel', before: 'info', after: 'silent' },
      { act: 'setLogLevel', before: 'silent', after: 'info' },
    ]);
  });

  it('refuses a log level without an end', async () => {
    await start(tokens);
    const { setLogLevel } = operator(actToken);
    const refused = setLogLevel({ level: 'debug', forMs: 3_600_001 });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_input' });
    expect(service.logs.filter(({ msg }) => msg === 'an operator acts')).toEqual([]);
  });

  it('shows the options that hold, and where they came from, without secrets', async () => {
    await start({ ...tokens, drainDelayMs: 100 });
    const upstream = open('shop', service.url);
    upstream.configure({ maxAttempts: 2 });
    const { service: own, upstreams: all } = await operator(readToken).getOptions();
    const values = Object.fromEntries(own.map(({ name, value, source }) => [name, [value, source]]));
    expect(values).toMatchObject({
      drainDelayMs: [100, 'code'],
      drainTimeoutMs: [1_000, 'code'],
      adminReadToken: ['set', 'code'],
      tlsKeyFile: ['not set', 'default'],
      requestTimeoutMs: [10_000, 'default'],
      keepAliveTimeout: [65_000, 'default'],
    });
    const options = all.find(({ name }) => name === 'shop')?.options ?? [];
    expect(options.find(({ name }) => name === 'maxAttempts')).toMatchObject({ value: 2, source: 'configure' });
    expect(options.find(({ name }) => name === 'callTimeoutMs')).toMatchObject({ value: 5_000, source: 'default' });
    expect(JSON.stringify([own, all])).not.toMatch(/a-token-for/);
  });

  it.each(['1.1', '2'] as const)('injects a fault into requests over HTTP/%s, shows it, and ends it', async (http) => {
    await start(tokens);
    const { setFault, endFault, getService } = operator(actToken);
    const { getItem } = createClient(shop, open('shop', service.url, { http }));
    const { before, after } = await setFault({
      operation: 'getItem',
      abort: 'conflict',
      percentage: 100,
      forMs: 60_000,
    });
    expect([before, after]).toMatchObject([undefined, { operation: 'getItem', abort: 'conflict', hits: 0 }]);
    await expect(getItem({ id: '1' })).rejects.toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('injected'),
    });
    expect((await getService()).faults).toEqual([{ ...after, hits: 1 }]);
    expect(await endFault({ operation: 'getItem' })).toMatchObject({ before: { abort: 'conflict', hits: 1 } });
    expect(await getItem({ id: '1' })).toEqual({ id: '1' });
    expect((await getService()).faults).toEqual([]);
    const line = service.logs.filter(({ msg }) => msg === 'an operator acts');
    expect(line).toMatchObject([
      { act: 'setFault', operation: 'getItem', after: { abort: 'conflict', percentage: 100 } },
      { act: 'endFault', operation: 'getItem', before: { abort: 'conflict' } },
    ]);
  });

  it('changes options of an upstream for a time, with a line of the log for that and for its end', async () => {
    await start(tokens);
    const things = open('things', service.url, { maxAttempts: 2 });
    const { setOptions, endOptions, getOptions } = operator(actToken);
    const values = { maxAttempts: 1, callTimeoutMs: 900 };
    const changed = await setOptions({ upstream: 'things', values, forMs: 60_000 });
    expect(changed).toMatchObject({
      before: [
        { name: 'callTimeoutMs', value: 5_000, source: 'default' },
        { value: 2, source: 'code' },
      ],
      after: [
        { name: 'callTimeoutMs', value: 900, source: 'admin' },
        { value: 1, source: 'admin' },
      ],
      endsAt: expect.any(String),
    });
    expect(things.options).toMatchObject(values);
    const shown = (await getOptions()).upstreams.find(({ name }) => name === 'things');
    expect(shown?.endsAt).toBe(changed.endsAt);
    expect(shown?.options).toContainEqual({ name: 'maxAttempts', value: 1, source: 'admin', unit: 'attempts' });
    expect(await endOptions({ upstream: 'things' })).toMatchObject({ after: [{ value: 5_000 }, { value: 2 }] });
    expect(things.options.maxAttempts).toBe(2);
    await setOptions({ upstream: 'things', values: { maxAttempts: 3 }, forMs: 1 });
    await eventually(() => things.options.maxAttempts === 2);
    const lines = await eventually(() => {
      const acts = service.logs.filter(({ act }) => act === 'setOptions' || act === 'endOptions');
      return acts.length === 4 && acts;
    });
    expect(lines).toMatchObject([
      { upstream: 'things', before: { maxAttempts: 2 }, after: { maxAttempts: 1 }, peer: '127.0.0.1' },
      { act: 'endOptions', before: { maxAttempts: 1 }, after: { maxAttempts: 2, callTimeoutMs: 5_000 } },
      { before: { maxAttempts: 2 }, after: { maxAttempts: 3 } },
      { msg: 'what an operator set has ended', before: { maxAttempts: 3 }, after: { maxAttempts: 2 } },
    ]);
  });

  it('refuses options that are not valid, by the sentence of the client', async () => {
    await start(tokens);
    const things = open('things', service.url);
    const { setOptions } = operator(actToken);
    const sentence = (values: Record<string, number | string>, upstream = 'things') =>
      setOptions({ upstream, values }).catch((error: Error) => error.message);
    expect(await sentence({ maxAttempts: 50 })).toContain('maxAttempts must be a whole number from 1 to 10, not 50');
    expect(await sentence({ retries: 1 })).toContain('unknown option retries: expected one of callTimeoutMs');
    expect(await sentence({ http: '2' })).toContain('http cannot be changed while the upstream is open');
    expect(await sentence({ token: 'x' })).toContain('token must be a function');
    expect(await sentence({})).toContain('values must have an option');
    expect(await sentence({ maxAttempts: 1 }, 'thing')).toContain('This service has no upstream "thing"; it has: ');
    await expect(setOptions({ upstream: 'things', values: { maxAttempts: 1 }, forMs: 86_400_001 })).rejects.toThrow();
    await expect(
      operator(readToken).setOptions({ upstream: 'things', values: { maxAttempts: 1 } }),
    ).rejects.toMatchObject({ code: 'permission_denied' });
    expect(things.options.maxAttempts).toBe(1);
    expect(service.logs.filter(({ act }) => act !== undefined)).toEqual([]);
  });

  it('shows no secret of an option that is changed', async () => {
    await start(tokens);
    open('things', service.url);
    const { setOptions, getOptions } = operator(actToken);
    const values = { probePath: '/healthz?token=s3cret' };
    const answers = [await setOptions({ upstream: 'things', values }), await getOptions()];
    await setOptions({ upstream: 'things', values: { token: 's3cret' } }).catch((error) => answers.push(error));
    expect(answers).toHaveLength(3);
    expect(JSON.stringify([answers, service.logs])).not.toContain('s3cret');
    expect(answers[0]).toMatchObject({ after: [{ name: 'probePath', value: '/healthz?…', source: 'admin' }] });
  });

  it('ends changed options as the service stops', async () => {
    await start(tokens);
    const things = open('things', service.url, { maxAttempts: 2 });
    await operator(actToken).setOptions({ upstream: 'things', values: { maxAttempts: 5 } });
    await service.stop();
    expect(things.options.maxAttempts).toBe(2);
  });

  it('says when the time of a fault is up', async () => {
    await start(tokens);
    await operator(actToken).setFault({ operation: 'getItem', delayMs: 5, percentage: 1, forMs: 1 });
    await eventually(() => service.logs.some(({ msg }) => msg === 'what an operator set has ended') || undefined);
    expect(service.logs.at(-1)).toMatchObject({ act: 'setFault', operation: 'getItem', before: { delayMs: 5 } });
  });

  it.each([
    ['without an end', { abort: 'internal', percentage: 1 }],
    ['that ends in more than 1 h', { abort: 'internal', percentage: 1, forMs: 3_600_001 }],
    ['for no request', { abort: 'internal', percentage: 0, forMs: 1 }],
    ['that does nothing', { percentage: 1, forMs: 1 }],
    ['with a misspelled member', { abort: 'internal', percentage: 1, forMs: 1, percentag: 2 }],
    ['with a code that no service sends', { abort: 'cancelled', percentage: 1, forMs: 1 }],
  ])('refuses a fault %s', async (_, fault) => {
    await start(tokens);
    const refused = operator(actToken).setFault({ operation: 'getItem', ...fault } as never);
    await expect(refused).rejects.toMatchObject({ code: 'invalid_input' });
    expect((await operator(readToken).getService()).faults).toEqual([]);
  });

  it('says what looks wrong, and nothing where all is well', async () => {
    await start({ drainTimeoutMs: 10_000 });
    expect(await operator().lint()).toEqual({ findings: [] });
    open('shop', `${service.url},http://127.0.0.1:1`);
    const { findings } = await operator().lint();
    expect(findings.find(({ rule }) => rule === 'no-retries')?.sentence).toContain('shop has 2 endpoints');
  });

  it('drains the service', async () => {
    await start({ ...tokens, drainDelayMs: 100 });
    expect(await operator(actToken).drain()).toEqual({ isDraining: true });
    await eventually(() => service.logs.some(({ msg }) => msg === 'draining') || undefined);
  });

  it('is no traffic of the service: neither in its log nor in its metrics', async () => {
    await start();
    await operator().getService();
    const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
    expect(metrics).not.toMatch(/^http_server_.*admin/m);
    expect(service.logs.filter(({ msg }) => msg === 'request')).toEqual([]);
  });
});

describe('access to the admin API', () => {
  const status = async (path: string, token?: string, init: RequestInit = {}) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${service.adminUrl}${path}`, { ...init, headers });
    return [response.status, ((await response.json()) as { detail?: string }).detail];
  };
  const act = { method: 'POST' };

  it('needs the read token or the act token to read, where there is one', async () => {
    await start(tokens);
    expect(await status('/admin/service')).toEqual([401, 'Send Authorization: Bearer with an admin token']);
    expect(await status('/admin/service', 'a-wrong-token-of-any-length')).toEqual([401, 'The admin token is wrong']);
    expect((await status('/admin/service', readToken))[0]).toBe(200);
    expect((await status('/admin/service', actToken))[0]).toBe(200);
  });

  it('needs the act token to act', async () => {
    await start(tokens);
    expect(await status('/admin/drain', undefined, act)).toEqual([
      401,
      'Send Authorization: Bearer with an admin token',
    ]);
    expect(await status('/admin/drain', readToken, act)).toEqual([403, 'This token may read, not act']);
  });

  it('writes one line of the log for many tokens that are wrong, with none of them', async () => {
    await start(tokens);
    for (const token of ['guess-of-a-token-1', 'guess-of-a-token-2']) await status('/admin/service', token);
    await status('/admin/drain', readToken, act);
    await status('/docs/description', 'guess-of-a-token-3');
    expect(service.logs.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({ requests: 1, peer: '127.0.0.1', msg: expect.stringContaining('admin token is wrong') }),
    ]);
    expect(JSON.stringify(service.logs)).not.toMatch(/guess/);
  });

  it('knows no faults without an act token', async () => {
    await start();
    const fault = JSON.stringify({ abort: 'internal', percentage: 100, forMs: 1_000 });
    const put = { method: 'PUT', body: fault };
    expect((await status('/admin/faults/getItem', undefined, put))[0]).toBe(403);
    expect((await fetch(`${service.url}/api/items/1`)).status).toBe(200);
  });

  it('lets nobody act without an act token', async () => {
    await start();
    expect(await status('/admin/drain', undefined, act)).toEqual([403, 'Acting is off: set ADMIN_ACT_TOKEN']);
  });

  it('lets nobody read without a token where the port is not on loopback, but for probes and metrics', async () => {
    await start({ adminHost: '0.0.0.0' });
    const [code, detail] = await status('/admin/service');
    expect([code, detail]).toEqual([403, expect.stringContaining('Set ADMIN_READ_TOKEN')]);
    expect((await fetch(`${service.adminUrl}/livez`)).status).toBe(200);
    expect((await fetch(`${service.adminUrl}/metrics`)).status).toBe(200);
  });

  it('refuses a page that has made its own name point here', async () => {
    await start();
    const { port } = new URL(service.adminUrl);
    const { request } = await import('node:http');
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const options = { port, path: '/admin/service', headers: { host: `evil.example:${port}` } };
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(answer).toBe(403);
  });
});
