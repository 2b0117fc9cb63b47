import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../eventually.ts';
import { type LegacyFolder, type MigratingServer, remove, run, steps } from './migration.ts';
import { type Exchange, shopExchanges } from './shop-exchanges.ts';

const contents = steps();

/**
 * Describes the migration of the legacy application, step by step.
 *
 * @param copy makes a folder of its own with the application
 */
export function describeMigration(express: string, copy: () => Promise<LegacyFolder>): void {
  describe(`docs/migrating-express.md on ${express}`, () => describeSteps(copy));
}

function describeSteps(copy: () => Promise<LegacyFolder>): void {
  let folder: LegacyFolder;
  let before: readonly Exchange[];
  let server: MigratingServer;

  /** Does a step of the page, and starts the server that it gives. */
  const take = (step: number) => async () => {
    for (const { file, text } of contents[step - 1] ?? []) writeFileSync(join(folder.path, file), text);
    server = await run(folder, 'server.ts');
  };
  const end = async () => {
    expect(await server.stop()).toBe(0);
    expect(server.errors()).toBe('');
  };
  const requests = () => server.lines.filter(({ msg }) => msg === 'request');

  beforeAll(async () => {
    folder = await copy();
    const old = await run(folder, 'server.cjs');
    before = await shopExchanges(old.url);
    await old.stop();
  }, 120_000);
  afterAll(() => remove(folder));

  it('begins with an application that works', () => {
    expect(before.map(({ status }) => status)).toEqual([
      200, 401, 302, 200, 201, 422, 200, 200, 404, 201, 200, 206, 304, 404,
    ]);
  });

  describe('step 1: one line', () => {
    beforeAll(take(1));
    afterAll(end);

    it('changes no answer', async () => {
      expect(await shopExchanges(server.url)).toEqual(before);
    });

    it('logs each request with its route or path, and gives it an id', async () => {
      const response = await fetch(`${server.url}/api/books/emma?x=1`);
      const id = response.headers.get('x-request-id');
      expect(response.headers.get('content-security-policy')).toBeNull();
      const line = await eventually(() => requests().find(({ requestId }) => requestId === id));
      expect(line).toMatchObject({ service: 'shop', operation: 'GET /api/books/:id', status: 200 });
      expect(requests().map(({ operation }) => operation)).not.toContain('unmatched');
    });

    it('answers 504 for a route that outlasts its caller, which then goes on without harm', async () => {
      const headers = { 'x-request-timeout-ms': '100' };
      const response = await fetch(`${server.url}/api/report`, { headers });
      expect([response.status, response.headers.get('content-type')]).toEqual([504, 'application/problem+json']);
      await eventually(async () => (await fetch(`${server.url}/api/report`)).ok || undefined);
    });

    it('says whether it is ready', async () => {
      expect((await fetch(`${server.adminUrl}/readyz`)).status).toBe(200);
    });
  });

  it('drains: a request that runs at SIGTERM is answered', async () => {
    await take(1)();
    const report = fetch(`${server.url}/api/report`);
    await eventually(async () => (await fetch(`${server.url}/api/books`)).ok || undefined);
    await end();
    expect((await report).status).toBe(200);
  });

  describe('step 2: a contract in front', () => {
    beforeAll(take(2));
    afterAll(end);

    it('changes no answer but that about a missing book', async () => {
      const now = await shopExchanges(server.url);
      const changed = now.filter(({ text }, index) => text !== before[index]?.text).map(({ name }) => name);
      expect(changed).toEqual(['a book that is not there']);
    });

    it('answers the route by the contract, and another method of its path by the old application', async () => {
      const missing = await fetch(`${server.url}/api/books/none`);
      expect(await missing.json()).toMatchObject({ type: 'urn:parley:problem:no_book', detail: 'no book none' });
      const other = await fetch(`${server.url}/api/books/emma`, { method: 'PUT' });
      expect([other.status, await other.text()]).toEqual([404, '<h1>Not in this shop</h1>']);
      const document = await (await fetch(`${server.url}/openapi.json`)).json();
      expect(document).toMatchObject({ paths: { '/api/books/{id}': { get: expect.anything() } } });
      await eventually(() => requests().some(({ operation }) => operation === 'GET /api/books/{id}') || undefined);
    });
  });

  describe('step 2: paths to the letter', () => {
    beforeAll(take(2));
    afterAll(end);

    it.each(['/api/books/emma/', '/API/books/emma'])('%s is answered by the old application still', async (path) => {
      const [byContract, byApp] = [await fetch(`${server.url}/api/books/emma`), await fetch(`${server.url}${path}`)];
      expect([byContract.status, byApp.status]).toEqual([200, 200]);
      expect(byContract.headers.get('content-security-policy')).not.toBeNull(); // as all replies of an operation
      expect(byApp.headers.get('content-security-policy')).toBeNull();
    });
  });

  describe('step 3: errors as before', () => {
    beforeAll(take(3));
    afterAll(end);

    it('changes no answer', async () => {
      expect(await shopExchanges(server.url)).toEqual(before);
    });

    it('gives the problem to a caller that accepts it', async () => {
      const headers = { accept: 'application/json, application/problem+json' };
      const response = await fetch(`${server.url}/api/books/none`, { headers });
      expect(await response.json()).toMatchObject({ type: 'urn:parley:problem:no_book' });
    });
  });

  describe('step 4: a session in a contract', () => {
    beforeAll(take(4));
    afterAll(end);

    it('changes no answer: a login on an old page holds in a moved route', async () => {
      expect(await shopExchanges(server.url)).toEqual(before);
      await eventually(() => requests().find(({ operation }) => operation === 'POST /api/orders'));
      const document = await (await fetch(`${server.url}/openapi.json`)).json();
      expect(document).toMatchObject({ paths: { '/api/orders': { post: expect.anything() } } });
    });
  });

  describe('step 5: an API key', () => {
    beforeAll(take(5));
    afterAll(end);

    it('changes no answer but that of the route with the key', async () => {
      expect(await shopExchanges(server.url)).toEqual(before);
      const report = async (headers: Record<string, string>) => {
        const response = await fetch(`${server.url}/api/report`, { headers });
        return [response.status, await response.json()];
      };
      expect(await report({ 'x-api-key': 'k-till' })).toEqual([200, { sold: 2, till: 'till 0' }]);
      const refusal = [401, { error: 'This operation needs apiKey (header x-api-key)' }];
      expect(await report({ 'x-api-key': 'k' })).toEqual(refusal);
      expect(await report({})).toEqual(refusal);
      expect(await report({ 'x-api-key': '' })).toEqual(refusal); // API_KEYS ends in a comma
      const document = await (await fetch(`${server.url}/openapi.json`)).json();
      expect(document).toMatchObject({ components: { securitySchemes: { apiKey: { name: 'x-api-key' } } } });
    });
  });
}
