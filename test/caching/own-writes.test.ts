import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import {
  authScheme,
  type CallContext,
  type Contract,
  currentContext,
  defineContract,
  del,
  get,
  MinVersions,
  post,
  runInContext,
} from '@parley/contract';
import { version } from '@parley/service';
import { type StartedService, startService } from '@parley/service/testing';
import { z } from 'zod';
import { gatewayHome } from '../gateway-home.ts';
import { gatewaysHere, type RunningGateway, startGateway } from '../running-gateway.ts';

const apiKey = authScheme('apiKey', { type: 'apiKey', in: 'header', name: 'x-api-key' });
const text = z.object({ text: z.string() });
const one = z.object({ id: z.string() });
const listed = { maxAgeS: 600, scope: 'public', groups: ['visits'] } as const;

const visits = defineContract('visits', {
  list: get('/api/visits', { summary: 'All of them', output: z.array(z.string()), cache: listed }),
  page: get('/api/visits/pages/{id}', { summary: 'Some', input: one, output: z.array(z.string()), cache: listed }),
  look: get('/api/visits/{id}', {
    summary: 'One',
    input: one,
    output: text,
    cache: { ...listed, maxAgeS: 0, groups: ({ id }) => [id] },
  }),
  mine: get('/api/visits/mine', {
    summary: "The caller's",
    auth: apiKey,
    output: text,
    cache: { maxAgeS: 60, scope: 'private' },
  }),
  add: post('/api/visits', { summary: 'Adds one', input: text, output: z.object({}), invalidates: ['visits'] }),
  remove: del('/api/visits/{id}', { summary: 'Removes one', input: one, invalidates: ({ id }) => ['visits', id] }),
});
const desk = defineContract('desk', {
  sign: post('/api/hello', { summary: 'Has the visit added', input: text, output: z.object({}) }),
  read: get('/api/hello', { summary: 'Has them listed', output: z.array(z.string()) }),
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What all replicas of visits share. */
interface Shelf {
  readonly texts: string[];
  count: number;
  lists: number;
  looks: number;
  readonly contexts: CallContext[];
}

function serveVisits(shelf: Shelf, seen?: () => number): Promise<StartedService> {
  const written = () => shelf.count;
  const list = async () => {
    shelf.lists++;
    shelf.contexts.push(currentContext());
    return [...shelf.texts];
  };
  const handlers = {
    list,
    page: list,
    async look({ id }: { id: string }) {
      version(id, shelf.count);
      shelf.looks++;
      return { text: `${id} of ${shelf.count}` };
    },
    mine: async (_input: unknown, context: CallContext = {}) => ({ text: `of ${context.principal?.subject}` }),
    async add({ text: added }: { text: string }) {
      shelf.texts.push(added);
      shelf.count++;
      return {};
    },
    async remove() {
      shelf.texts.pop();
      shelf.count++;
    },
  };
  return startService(visits, handlers, {
    authenticate: {
      apiKey: ({ headers }) => (headers['x-api-key'] ? { subject: String(headers['x-api-key']) } : undefined),
    },
    readYourWrites: seen ? { written, seen, waitMs: 0 } : { written },
  });
}

function emptyShelf(): Shelf {
  return { texts: [], count: 0, lists: 0, looks: 0, contexts: [] };
}

const home = gatewayHome(
  'services: { visits: { contract: ./visits.ts }, desk: { contract: ./desk.ts } }',
  new Map([
    ['visits', operationsOf(visits)],
    ['desk', operationsOf(desk)],
  ]),
);
afterAll(() => home.remove());

function operationsOf({ operations }: Contract) {
  return Object.entries(operations).map(([name, { method, path }]) => ({ name, method, path: path.template }));
}

describe.each(gatewaysHere())('with a cache in each client, and through %s', (name) => {
  let shelf: Shelf;
  let services: StartedService[];
  let gateway: RunningGateway;
  let upstreams: Upstream[];
  beforeAll(async () => {
    shelf = emptyShelf();
    const replicas = [await serveVisits(shelf), await serveVisits(shelf)];
    // The gateway is not there yet when its service starts.
    const late: { desk?: Upstream } = {};
    const behind = () => createClient(visits, late.desk as Upstream);
    const front = await startService(desk, {
      sign: async (given) => behind().add(given),
      read: () => behind().list(),
    });
    services = [...replicas, front];
    const address = ({ url }: StartedService) => url.replace('http://', '');
    gateway = await startGateway(name, { visits: replicas.map(address), desk: [address(front)] }, home.folder);
    late.desk = createUpstream('visits', gateway.url, { cache: true });
    upstreams = [late.desk];
  }, 30_000);
  afterAll(async () => {
    for (const upstream of upstreams ?? []) await upstream.close();
    await gateway?.stop();
    for (const service of services ?? []) await service.stop();
  });

  /** Clients of a process of its own: nothing is stored yet. */
  function clients() {
    const upstream = createUpstream('gateway', gateway.url, { cache: true });
    closing.push(() => upstream.close());
    return { visits: createClient(visits, upstream), desk: createClient(desk, upstream) };
  }

  it('a write ends the use of all that it names by group', async () => {
    const { visits: mine } = clients();
    await mine.add({ text: 'a' });
    const before = shelf.lists;
    for (let turn = 0; turn < 3; turn++)
      await Promise.all([mine.list(), mine.page({ id: '1' }), mine.page({ id: '2' })]);
    expect(shelf.lists - before).toBe(3);
    await mine.add({ text: 'b' });
    for (const read of [mine.list(), mine.page({ id: '1' }), mine.page({ id: '2' })]) expect(await read).toContain('b');
    expect(shelf.lists - before).toBe(6);
  });

  it('a reply is confirmed without the work of its handler, for GET and HEAD, until a write changes it', async () => {
    const { visits: mine } = clients();
    const first = await mine.look({ id: '7' });
    const before = shelf.looks;
    for (let turn = 0; turn < 3; turn++) expect(await mine.look({ id: '7' })).toEqual(first);
    const tag = (await fetch(`${gateway.url}/api/visits/7`)).headers.get('etag') as string;
    for (const method of ['GET', 'HEAD']) {
      const reply = await fetch(`${gateway.url}/api/visits/7`, { method, headers: { 'if-none-match': tag } });
      expect([reply.status, await reply.text(), reply.headers.get('etag')]).toEqual([304, '', tag]);
      expect(reply.headers.get('cache-control')).toBe('public, max-age=0');
      expect(reply.headers.get('cache-groups')).toBe('"7"');
    }
    expect(shelf.looks - before).toBe(1);
    await mine.remove({ id: '7' });
    expect(await mine.look({ id: '7' })).not.toEqual(first);
  });

  it('a caller gets no reply of another caller', async () => {
    const { visits: mine } = clients();
    const by = async (key: string) => {
      const reply = await fetch(`${gateway.url}/api/visits/mine`, { headers: { 'x-api-key': key } });
      expect(reply.headers.get('cache-control')).toBe('private, max-age=60');
      expect(reply.headers.get('vary')).toBe('x-api-key, Accept-Encoding');
      return reply.json();
    };
    expect([await by('Ada'), await by('Eve')]).toEqual([{ text: 'of Ada' }, { text: 'of Eve' }]);
    await expect(mine.mine()).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('a caller that wrote through one hop sees it through every other, whatever their caches hold', async () => {
    const [writer, reader] = [clients(), clients()];
    for (let turn = 0; turn < 20; turn++) {
      await Promise.all([writer.visits.list(), reader.visits.list(), reader.desk.read()]); // all caches are full
      await runInContext({}, async () => {
        await writer.desk.sign({ text: `${name} ${turn}` });
        const lists = await Promise.all([
          writer.visits.list(),
          reader.visits.list(),
          reader.desk.read(),
          writer.visits.page({ id: '1' }),
        ]);
        for (const list of lists) expect(list).toContain(`${name} ${turn}`);
      });
    }
  });

  it('a caller sees all of what it wrote at once, and keeps its hits after that', async () => {
    const { visits: mine } = clients();
    const minVersions = new MinVersions();
    const texts = Array.from({ length: 10 }, (_, n) => `${name} at once ${n}`);
    await Promise.all(texts.map((each) => mine.add({ text: each }, { minVersions })));
    expect(await mine.list({}, { minVersions })).toEqual(expect.arrayContaining(texts));
    const before = shelf.lists;
    for (let turn = 0; turn < 10; turn++) await mine.list({}, { minVersions });
    expect(shelf.lists).toBe(before);
  });

  it('a caller that has not written asks for no version, and gets what is stored', async () => {
    const [writer, reader] = [clients(), clients()];
    const old = await reader.visits.list();
    await writer.visits.add({ text: 'of another caller' });
    expect(await reader.visits.list()).toEqual(old);
    expect(shelf.contexts.at(-1)).not.toHaveProperty('minVersions');
  });

  it('the version of another service, or none, is passed on and changes nothing', async () => {
    const { visits: mine } = clients();
    const minVersions = new MinVersions([['elsewhere', 7]]);
    await mine.list({}, { minVersions });
    expect(String(shelf.contexts.at(-1)?.minVersions)).toBe('elsewhere=7');
    for (const odd of ['visits', 'visits=-1', '__proto__=1', '=', 'x'.repeat(4_000)]) {
      expect((await fetch(`${gateway.url}/api/visits`, { headers: { 'x-min-versions': odd } })).status).toBe(200);
      expect(shelf.contexts.at(-1)?.minVersions).toBeUndefined();
    }
  });
});

describe('a caller that has written', () => {
  it('gets the reply of a replica that has seen it, and no older one', async () => {
    const shelf = emptyShelf();
    const behind = await serveVisits(shelf, () => 0);
    const current = await serveVisits(shelf, () => shelf.count);
    closing.push(
      () => behind.stop(),
      () => current.stop(),
    );
    const upstream = createUpstream('visits', [behind.url, current.url], { backoffBaseMs: 1 });
    closing.push(() => upstream.close());
    const mine = createClient(visits, upstream);
    await runInContext({}, async () => {
      await mine.add({ text: 'a' });
      for (let turn = 0; turn < 10; turn++) expect(await mine.list()).toEqual(['a']);
    });
    const states = upstream.status().endpoints.map(({ circuit }) => circuit);
    expect(new Set(states)).toEqual(new Set(['closed'])); // being behind is no fault of an endpoint
  });

  it('is refused where no replica has seen it', async () => {
    const behind = await serveVisits(emptyShelf(), () => 6);
    closing.push(() => behind.stop());
    const upstream = createUpstream('visits', behind.url, { backoffBaseMs: 1 });
    closing.push(() => upstream.close());
    const minVersions = new MinVersions([['visits', 7]]);
    const error: unknown = await createClient(visits, upstream)
      .list({}, { minVersions })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'replica_behind', status: 503 });
  });
});
