import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { eventually } from '../../../../test/eventually.ts';
import { type CommandLineOptions, parley, rowsOf } from '../../test-fixtures/command-line.ts';
import { type RunningShop, shop, startShop } from '../../test-fixtures/shop.ts';

const tokens = { ADMIN_READ_TOKEN: 'a-token-for-reading', ADMIN_ACT_TOKEN: 'a-token-for-acting' };
const readOnly = { ADMIN_READ_TOKEN: tokens.ADMIN_READ_TOKEN };

let running: RunningShop;
let upstream: Upstream;
beforeAll(async () => {
  running = await startShop({
    adminReadToken: tokens.ADMIN_READ_TOKEN,
    adminActToken: tokens.ADMIN_ACT_TOKEN,
    drainDelayMs: 300,
  });
  // The admin API shows what its process calls: this one.
  upstream = createUpstream('shop', running.service.url);
  await createClient(shop, upstream).getItem({ id: '1' });
});
afterAll(async () => {
  await upstream.close();
  await running.service.stop();
});

const run = (line: string, options: CommandLineOptions = {}) => parley(line, { systems: running.systems, ...options });

describe('parley services', () => {
  it('shows every replica, without a token', async () => {
    const { url, adminUrl } = running.service;
    const result = await run('services');
    expect(result.code).toBe(0);
    expect(rowsOf(result)).toEqual([
      ['shop', 'shop-1', 'ready', String(process.pid), url, adminUrl],
      ['shop', 'shop-2', 'down', '–', url, adminUrl],
    ]);
  });

  it('gives one document', async () => {
    const { stdout } = await run('services --json');
    expect(JSON.parse(stdout)).toMatchObject({
      source: 'launcher',
      url: 'http://localhost:8080',
      services: [
        {
          name: 'shop',
          replicas: [
            { name: 'shop-1', state: 'ready' },
            { name: 'shop-2', state: 'down' },
          ],
        },
      ],
    });
  });

  it('asks the operators’ ports of --admin', async () => {
    const result = await run(`services --admin ${running.service.adminUrl} --admin http://127.0.0.1:9`, {
      serviceAt: async () => 'shop',
    });
    expect(rowsOf(result).map(([, name, state]) => [name, state])).toEqual([
      ['shop-1', 'ready'],
      ['shop-2', 'down'],
    ]);
  });

  it('stands in columns and colours on a terminal', async () => {
    const { stdout } = await run('services', { isTerminal: true });
    expect(stdout).toContain('shop     shop-1   \u001b[32mready\u001b[39m');
  });
});

describe('an error', () => {
  it('is one line, whatever it names of another process', async () => {
    const systems = [
      { ...running.systems[0], replicas: [{ ...running.systems[0]?.replicas[0], service: 'shop\nfake' }] },
    ];
    const { code, stderr } = await run('upstreams other', { systems: systems as typeof running.systems });
    expect([code, stderr]).toEqual([
      2,
      'parley: expected a service or a replica that runs, got "other"; there is shop fake\n',
    ]);
  });
});

describe('parley upstreams', () => {
  it('shows endpoints and their circuits', async () => {
    const result = await run('upstreams shop-1', { env: readOnly });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const row = rowsOf(result).find(([, name]) => name === 'shop');
    expect(row?.slice(0, 4)).toEqual(['shop-1', 'shop', running.service.url, 'closed']);
    expect(row?.slice(6, 8)).toEqual(['no', '0']);
    expect(row?.[10]).toBe('0 of 64');
  });

  it('shows those that answer, and names those that do not', async () => {
    const result = await run('upstreams --json', { env: readOnly });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('shop-2: expected a running process, found none');
    const { replicas, failures } = JSON.parse(result.stdout);
    expect(replicas).toMatchObject([{ service: 'shop', replica: 'shop-1', upstreams: expect.anything() }]);
    expect(failures).toHaveLength(1);
  });

  it('says which token to set, and shows none', async () => {
    const none = await run('upstreams shop-1');
    expect(none).toMatchObject({ code: 4, stdout: '' });
    expect(none.stderr).toContain('shop-1: expected its ADMIN_READ_TOKEN, got none: set ADMIN_READ_TOKEN');
    const wrong = await run('upstreams shop-1', { env: { ADMIN_READ_TOKEN: 'a-wrong-token-of-mine' } });
    expect(wrong.code).toBe(4);
    expect(wrong.stderr).toContain('got another one');
    expect(wrong.stderr).not.toContain('a-wrong-token-of-mine');
  });
});

describe('parley circuit', () => {
  it('forces the circuit and lets it decide again, by the name of a replica too', async () => {
    const opened = await run('circuit open shop-1 shop shop-1', { env: tokens });
    expect(opened.code).toBe(0);
    expect(rowsOf(opened)).toEqual([['shop-1', 'shop', running.service.url, 'closed', 'forced-open']]);
    expect(upstream.endpoints()[0]?.circuit).toBe('forced-open');
    const closed = await run(`circuit close shop-1 shop ${running.service.url} --json`, { env: tokens });
    expect(JSON.parse(closed.stdout).changes).toEqual([
      { replica: 'shop-1', before: 'forced-open', after: 'forced-closed' },
    ]);
    const auto = await run('circuit auto shop-1 shop shop-1', { env: tokens });
    expect(rowsOf(auto)[0]?.slice(3)).toEqual(['forced-closed', 'closed']);
  });

  it('says what to set where there is no token, before it asks anybody', async () => {
    const { code, stderr } = await run('circuit open shop-1 shop shop-1', { env: readOnly });
    expect(code).toBe(4);
    expect(stderr).toContain('expected the token for acting in ADMIN_ACT_TOKEN, found none: set ADMIN_ACT_TOKEN');
  });

  it('refuses a token that may only read', async () => {
    const { code, stderr } = await run('circuit open shop-1 shop shop-1', {
      env: { ADMIN_ACT_TOKEN: tokens.ADMIN_READ_TOKEN },
    });
    expect(code).toBe(4);
    expect(stderr).toContain('expected its ADMIN_ACT_TOKEN, got another one');
  });

  it('suggests names for those that are mistyped', async () => {
    expect((await run('circuit open shp shop shop-1', { env: tokens })).stderr).toContain('did you mean "shop"?');
    expect((await run('circuit open shop-1 shpo shop-1', { env: tokens })).stderr).toContain('did you mean "shop"?');
    const { code, stderr } = await run('circuit open shop-1 shop shop-9', { env: tokens });
    expect(code).toBe(2);
    expect(stderr).toContain(`expected an endpoint of shop, got "shop-9"; there is ${running.service.url}`);
  });

  it('acts where it can, and ends with 1 where not everywhere', async () => {
    const result = await run('circuit auto shop shop shop-1', { env: tokens });
    expect(result.code).toBe(1);
    expect(rowsOf(result)).toHaveLength(1);
    expect(result.stderr).toContain('shop-2: expected a running process, found none');
  });
});

describe('parley log-level', () => {
  it('changes the level of a replica for a time', async () => {
    const result = await run('log-level shop-1 debug --for 30s', { env: tokens });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [[replica, before, after, ends = ''] = []] = rowsOf(result);
    expect([replica, before, after]).toEqual(['shop-1', 'info', 'debug']);
    const leftMs = Date.parse(ends) - Date.now();
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(30_000);
  });

  it('gives one document, and has no end where the configured level holds again', async () => {
    const { stdout } = await run('log-level shop-1 info --json', { env: tokens });
    expect(JSON.parse(stdout)).toEqual({
      changes: [{ replica: 'shop-1', before: 'debug', after: 'info' }],
      failures: [],
    });
  });

  it('acts where it can, and ends with 1 where not everywhere', async () => {
    const result = await run('log-level shop info', { env: tokens });
    expect(result.code).toBe(1);
    expect(rowsOf(result)).toEqual([['shop-1', 'info', 'info', '–']]);
    expect(result.stderr).toContain('shop-2: expected a running process, found none');
    expect(result.stderr).toContain('1 of 2 replicas did not act');
  });

  it('needs the token for acting', async () => {
    expect(await run('log-level shop-1 debug', { env: readOnly })).toMatchObject({ code: 4, stdout: '' });
  });
});

describe('parley calls', () => {
  // A service of its own has seen none of the calls above: on a busy machine some of them are slow.
  let quiet: RunningShop;
  beforeAll(async () => {
    quiet = await startShop({ adminReadToken: tokens.ADMIN_READ_TOKEN });
  });
  afterAll(() => quiet.service.stop());

  /** Two replicas with the same answers: both are the one shop. */
  const twoReplicas = () => `--admin ${quiet.service.adminUrl} --admin ${quiet.service.adminUrl}`;

  it('says where there are none', async () => {
    const result = await run('calls shop-1', { env: readOnly, systems: quiet.systems });
    expect(result).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'shop-1: no calls or requests that failed or were slow\n',
    });
  });

  it('shows calls that failed, newest first, with the timeline of each call', async () => {
    upstream.circuit(running.service.url).forceOpen();
    const client = createClient(shop, upstream);
    await expect(client.getItem({ id: '1' })).rejects.toMatchObject({ code: 'unavailable' });
    await expect(client.listItems({})).rejects.toMatchObject({ code: 'unavailable' });
    upstream.circuit(running.service.url).auto();
    const result = await run('calls shop-1', { env: readOnly, systems: quiet.systems });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const lines = rowsOf(result);
    const rows = lines.filter(({ length }) => length > 1);
    expect(rows.map((row) => row.slice(1, 7))).toEqual([
      ['shop-1', 'call to shop', 'GET /api/items', 'failed', '–', 'unavailable'],
      ['shop-1', 'call to shop', 'GET /api/items/{id}', 'failed', '–', 'unavailable'],
    ]);
    const [first = ''] = lines[lines.indexOf(rows[0] as string[]) + 1] ?? [];
    expect(first).toMatch(/^ {2,}[\d.]+ ms {2}\w/);
    expect(lines.length).toBeGreaterThan(rows.length + 1);
  });

  it('shows no more than the limit, over all replicas', async () => {
    const { stdout } = await run(`calls ${twoReplicas()} --limit 3 --json`, {
      env: readOnly,
      serviceAt: async () => 'shop',
    });
    const { recent, failures } = JSON.parse(stdout);
    expect(failures).toEqual([]);
    expect(recent).toHaveLength(3);
    expect(new Set(recent.map(({ replica }: { replica: string }) => replica))).toEqual(new Set(['shop-1', 'shop-2']));
    const started = recent.map(({ startedAt }: { startedAt: string }) => startedAt);
    expect(started).toEqual(started.toSorted().reverse());
    expect(recent[0]).toMatchObject({ service: 'shop', timeline: expect.any(Array), events: expect.any(Array) });
  });

  it('names a replica that does not answer', async () => {
    const { code, stdout, stderr } = await run('calls', { env: readOnly, systems: quiet.systems });
    expect(code).toBe(1);
    expect(stdout).toContain('call to shop');
    expect(stderr).toContain('shop-2: expected a running process, found none');
  });
});

describe('parley lint', () => {
  const keyed = /^Keyed operations \(addItem\) take effect once per process only: /;

  it('has a line for a sentence that is true for several replicas', async () => {
    const { adminUrl } = running.service;
    const result = await run(`lint --admin ${adminUrl} --admin ${adminUrl}`, {
      env: readOnly,
      serviceAt: async () => 'shop',
    });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(rowsOf(result)).toContainEqual(['shop-1, shop-2', 'keyed-in-memory', expect.stringMatching(keyed)]);
  });

  it('gives one document, and says which replica does not answer', async () => {
    const { code, stdout, stderr } = await run('lint --json', { env: readOnly });
    expect(code).toBe(1);
    const { findings, failures } = JSON.parse(stdout);
    expect(findings).toContainEqual({
      service: 'shop',
      replicas: ['shop-1'],
      rule: 'keyed-in-memory',
      sentence: expect.stringMatching(keyed),
    });
    expect(failures).toEqual([expect.stringContaining('shop-2: expected a running process')]);
    expect(stderr).toContain('1 of 2 replicas did not answer');
  });
});

describe('parley fault', () => {
  const getItem = () => createClient(shop, upstream).getItem({ id: '1' }, { timeoutMs: 1_000 });

  it('injects an error into an operation, lists it, and ends it', async () => {
    const set = await run('fault set shop-1 getItem --abort 503 --delay 1ms --for 5m', { env: tokens });
    expect(set).toMatchObject({ code: 0, stderr: '' });
    expect(rowsOf(set)).toEqual([['shop-1', 'getItem', '–', '1.0 ms, unavailable, 100 %', expect.any(String)]]);
    await expect(getItem()).rejects.toMatchObject({ code: 'unavailable' });
    const [row = []] = rowsOf(await run('fault shop-1', { env: readOnly }));
    expect(row.slice(0, 5)).toEqual(['shop-1', 'getItem', '1.0 ms', 'unavailable', '100']);
    expect(Number(row[5])).toBeGreaterThan(0);
    const requests = rowsOf(await run('calls shop-1', { env: readOnly })).filter(([, , kind]) => kind === 'request');
    expect(requests[0]?.slice(3, 7)).toEqual(['GET /api/items/{id}', 'failed', '503', 'unavailable']);
    const ended = await run('fault end shop-1 getItem', { env: tokens });
    expect(rowsOf(ended)).toEqual([['shop-1', 'getItem', '1.0 ms, unavailable, 100 %', '–', '–']]);
    expect(await run('fault shop-1', { env: readOnly })).toMatchObject({ stdout: '', stderr: 'shop-1: no faults\n' });
  });

  it('gives one document for each of them', async () => {
    const line = 'fault set shop-1 getItem --abort rate_limited --percent 0.5 --for 30s --json';
    const fault = { operation: 'getItem', abort: 'rate_limited', percentage: 0.5, hits: 0, endsAt: expect.any(String) };
    expect(JSON.parse((await run(line, { env: tokens })).stdout)).toEqual({
      operation: 'getItem',
      changes: [{ replica: 'shop-1', after: fault }],
      failures: [],
    });
    expect(JSON.parse((await run('fault shop-1 --json', { env: readOnly })).stdout)).toEqual({
      faults: [{ service: 'shop', replica: 'shop-1', ...fault }],
      failures: [],
    });
    expect(JSON.parse((await run('fault end shop-1 getItem --json', { env: tokens })).stdout)).toEqual({
      operation: 'getItem',
      changes: [{ replica: 'shop-1', before: fault }],
      failures: [],
    });
  });

  it.each([['set shop-1 getItem --for 5m', /A fault needs delayMs, abort or both/]])(
    'leaves what belongs together to the admin API: %s',
    async (words, sentence) => {
      const { code, stdout, stderr } = await run(`fault ${words}`, { env: tokens });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(sentence);
    },
  );

  it('suggests the name of an operation', async () => {
    const { code, stderr } = await run('fault end shop-1 getItm', { env: tokens });
    expect(code).toBe(2);
    expect(stderr).toContain('shop-1: expected one of its operations, got "getItm"; did you mean "getItem"?');
  });

  it('acts where it can, and ends with 1 where not everywhere', async () => {
    const result = await run('fault end shop getItem', { env: tokens });
    expect(result.code).toBe(1);
    expect(rowsOf(result)).toEqual([['shop-1', 'getItem', '–', '–', '–']]);
    expect(result.stderr).toContain('shop-2: expected a running process, found none');
  });

  it('needs the token for acting', async () => {
    expect(await run('fault end shop-1 getItem', { env: readOnly })).toMatchObject({ code: 4, stdout: '' });
  });
});

describe('parley top', () => {
  it('shows one second of each replica', async () => {
    let first = true;
    const pause = async () => {
      if (first) await fetch(`${running.service.url}/api/items/1`);
      first = false;
    };
    let nowMs = 0;
    const result = await run('top --once', { pause, now: () => (first ? 1_000 : nowMs++ && 2_000) || 2_000 });
    expect(result.code).toBe(0);
    const rows = rowsOf(result);
    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      ['shop', '', '1 of 2 ready'],
      ['shop', 'shop-1', 'ready'],
      ['shop', 'shop-2', 'down'],
    ]);
    expect(rows[1]?.slice(3, 5)).toEqual(['1.0', '0.0']);
    expect(rows[1]?.[5]).toMatch(/ ms$/);
  });

  it('gives one document', async () => {
    const { stdout } = await run('top --json');
    expect(JSON.parse(stdout)).toMatchObject({
      services: [
        { name: 'shop', ready: 1, replicas: [{ name: 'shop-1', state: 'ready', inFlight: 0 }, { state: 'down' }] },
      ],
    });
  });

  it('redraws until Ctrl-C, gives the terminal back, and ends with 0', async () => {
    const controller = new AbortController();
    let left = 2;
    const pause = async () => {
      if (--left === 0) controller.abort();
    };
    const { code, stdout } = await run('top', { isTerminal: true, interrupted: () => controller.signal, pause });
    expect(code).toBe(0);
    expect(stdout.startsWith('\u001b[?1049h\u001b[?25l\u001b[?7l')).toBe(true);
    expect(stdout.endsWith('\u001b[?7h\u001b[?25h\u001b[?1049l')).toBe(true);
    expect(stdout.match(/1 of 2 replicas ready/g)).toHaveLength(2);
  });
});

describe('parley call', () => {
  it('lists operations and their parameters', async () => {
    const rows = rowsOf(await run('call shop'));
    expect(rows).toContainEqual(['getItem', 'GET', '/api/items/{id}', 'id', 'One item']);
    expect(rows).toContainEqual(['listItems', 'GET', '/api/items', '[limit] [tag] [acceptLanguage]', 'Items']);
    const { operations } = JSON.parse((await run('call shop --json')).stdout);
    expect(operations.find((one: { name: string }) => one.name === 'addItem').parameters).toContainEqual({
      name: 'cents',
      place: 'body',
      schema: { type: 'number' },
      isRequired: true,
    });
  });

  it.each([
    ['getItem id=7', { id: '7', cents: 100 }],
    ['getItem id=a/b?c', { id: 'a/b?c', cents: 100 }],
    ['listItems limit=1', { items: [{ id: 'i0', cents: 0 }] }],
    ['listItems limit=1 tag=a tag=b', { items: [{ id: 'i0', cents: 0 }], tags: ['a', 'b'] }],
    ['listItems limit=1 tag=a', { items: [{ id: 'i0', cents: 0 }], tags: ['a'] }],
    ['listItems limit=1 Accept-Language=de', { items: [{ id: 'i0', cents: 0 }], contentLanguage: 'de' }],
    ['addItem id=tea cents=3', { id: 'tea', cents: 3 }],
    ['addItem id=tea cents=3 --idempotency-key k', { id: 'tea', cents: 3 }],
  ])('%s prints the result as JSON', async (words, value) => {
    const { code, stdout, stderr } = await run(`call shop ${words}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual(value);
  });

  it('explains itself across hops', async () => {
    const { stdout } = await run('call shop getItem id=7 --explain');
    const [result, , head, ...lines] = stdout.trimEnd().split('\n');
    expect(JSON.parse(result as string)).toEqual({ id: '7', cents: 100 });
    expect(head).toBe('GET /api/items/{id}');
    expect(lines.join('\n')).toMatch(/attempt 1 {2}http:\S+: 200 in .* ms: shop .* ms \(own .* ms\)/);
    const document = JSON.parse((await run('call shop getItem id=7 --explain --json')).stdout);
    expect(document).toMatchObject({ value: { id: '7' }, story: { events: expect.anything() } });
  });

  it('sends nothing that the contract refuses', async () => {
    const { code, stderr } = await run('call shop addItem id=x');
    expect(code).toBe(2);
    expect(stderr).toContain('  cents is missing\n  id must have at least 2 characters, not 1');
    const unknown = await run('call shop getItem nr=7');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('got "nr"; there is id') });
  });

  it('leaves the check to the service where it is told to', async () => {
    const { code, stderr } = await run('call shop addItem id=x cents=1 --no-check');
    expect(code).toBe(1);
    expect(stderr).toMatch(/POST \/api\/items: expected a reply, got invalid_input \(400\): .*\n {2}id /);
  });

  it('gives an error as one document with --json', async () => {
    const { code, stdout } = await run('call shop addItem id=x cents=1 --no-check --json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { exit: 'failed', code: 'invalid_input', status: 400 } });
  });

  it('finds a service that is known by its address alone', async () => {
    const { stdout } = await parley(`call anything getItem id=7 --url ${running.service.url}`);
    expect(JSON.parse(stdout)).toEqual({ id: '7', cents: 100 });
  });

  it.each([
    ['call shop getItm', 2, 'expected an operation of shop, got "getItm"; did you mean "getItem"?'],
    ['call shopp getItem', 2, 'expected a service or a replica that runs, got "shopp"; did you mean "shop"?'],
    ['call shop getItem --url nowhere', 2, '--url: expected an address such as http://localhost:3000, got "nowhere"'],
    [
      'call shop getItem --url http://127.0.0.1:9',
      1,
      'expected its OpenAPI document at /openapi.json, but http://127.0.0.1:9',
    ],
    ['call shop getItem id=1 --idempotency-key k', 2, '--idempotency-key: expected an operation that remembers keys'],
  ])('%s ends with %d', async (line, exit, message) => {
    const { code, stderr } = await run(line);
    expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringContaining(message) });
  });
});

describe('parley completion', () => {
  it.each(['bash', 'zsh', 'fish'])('prints a script for %s that asks parley', async (shell) => {
    const { code, stdout } = await parley(`completion ${shell}`);
    expect(code).toBe(0);
    expect(stdout).toContain('parley __complete --');
    expect(JSON.parse((await parley(`completion ${shell} --json`)).stdout)).toEqual({
      shell,
      script: stdout.trimEnd(),
    });
  });

  it.each([
    ['se', 'services'],
    ['call sh', 'shop\nshop-1\nshop-2'],
    ['drain shop-', 'shop-1\nshop-2'],
    ['circuit o', 'open'],
    ['log-level shop-1 de', 'debug'],
    ['fault s', 'set\nshop\nshop-1\nshop-2'],
    ['fault set shop-', 'shop-1\nshop-2'],
    ['circuit open shop shop shop-', 'shop-1\nshop-2'],
    ['top --on', '--once'],
    ['upstreams --port 8080 shop-1', 'shop-1'],
    ['completion f', 'fish'],
    ['wiring ch', 'check'],
    ['help to', 'top'],
  ])('of "%s" is %j', async (words, found) => {
    expect((await run(`__complete -- ${words}`)).stdout).toBe(`${found}\n`);
  });

  it('of what nobody knows is nothing', async () => {
    expect(await run('__complete -- nonsense x')).toMatchObject({ code: 0, stdout: '' });
    expect(await run('__complete -- services --port 80')).toMatchObject({ code: 0, stdout: '' });
  });
});

// Last: nobody gets it ready again.
describe('parley drain', () => {
  it('needs the token for acting', async () => {
    expect(await run('drain shop-1', { env: readOnly })).toMatchObject({ code: 4, stdout: '' });
  });

  it('drains one replica, which shows', async () => {
    expect(await run('drain shop-1', { env: tokens })).toMatchObject({ code: 0, stdout: 'shop-1 drains\n' });
    await eventually(async () => /draining|starting/.test((await run('services')).stdout));
  });

  it('suggests a name for one that is mistyped', async () => {
    expect((await run('drain shop1', { env: tokens })).stderr).toContain('did you mean "shop-1"?');
  });
});
