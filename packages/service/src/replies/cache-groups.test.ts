import { describe, expect, it } from '@jest/globals';
import { defineContract, del, get, type Handlers, post } from '@parley/contract';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { createApp } from '../app.ts';
import { version } from './version.ts';

const visit = z.object({ id: z.string() });
const many = z.object({ ids: z.array(z.string()).default([]) });
const visits = defineContract('visits', {
  listVisits: get('/visits', {
    summary: 'Lists them',
    output: z.array(visit),
    cache: { maxAgeS: 60, scope: 'public', groups: ['visits', 'say "hi" \\o/'] },
  }),
  getVisit: get('/visits/{id}', {
    summary: 'Gets one',
    input: visit,
    output: visit,
    cache: { maxAgeS: 60, scope: 'public', groups: ({ id }) => [id] },
  }),
  pickVisits: get('/picked', {
    summary: 'Gets some',
    input: many,
    output: z.array(visit),
    cache: { maxAgeS: 60, scope: 'public', groups: ({ ids }) => ids },
  }),
  addVisit: post('/visits', {
    summary: 'Adds one',
    safety: 'keyed',
    input: visit,
    output: visit,
    invalidates: ({ id }) => ['visits', id],
  }),
  removeVisit: del('/visits/{id}', { summary: 'Removes one', input: visit, invalidates: ({ id }) => [id] }),
});

describe.each(protocols)('cache groups over $protocol', ({ request }) => {
  function started(changed: Partial<Handlers<typeof visits>> = {}) {
    const log = capturedLog();
    const handlers: Handlers<typeof visits> = {
      listVisits: async () => [],
      async getVisit({ id }) {
        version(1);
        return { id };
      },
      pickVisits: async () => [],
      addVisit: async ({ id }) => ({ id }),
      removeVisit: async () => undefined,
      ...changed,
    };
    return { app: request(createApp(visits, handlers, { logger: log.logger })), log };
  }

  it('are on the replies of reads and writes, by name or by input', async () => {
    const { app } = started();
    const listed = await app.get('/visits').expect(200);
    expect(listed.headers['cache-groups']).toBe('"visits", "say \\"hi\\" \\\\o/"');
    expect((await app.get('/visits/7').expect(200)).headers['cache-groups']).toBe('"7"');
    expect((await app.head('/visits/7').expect(200)).headers['cache-groups']).toBe('"7"');
    const removed = await app.delete('/visits/7').expect(204);
    expect(removed.headers).toMatchObject({ 'cache-group-invalidation': '"7"' });
    expect(removed.headers).not.toHaveProperty('cache-groups');
  });

  it('are on a 304, and on a reply that was kept for its key', async () => {
    const { app } = started();
    const known = await app.get('/visits/7').set('if-none-match', '"1"').expect(304);
    expect(known.headers['cache-groups']).toBe('"7"');
    const add = () => app.post('/visits').set('idempotency-key', '"k"').send({ id: '7' }).expect(200);
    for (const { headers } of [await add(), await add()])
      expect(headers['cache-group-invalidation']).toBe('"visits", "7"');
  });

  it('are not on failures', async () => {
    const fail = async () => {
      throw new Error('no');
    };
    const { app } = started({ getVisit: fail, addVisit: fail });
    const replies = [
      await app.get('/visits/7').expect(500),
      await app.post('/visits').send({ id: '7' }).expect(500),
      await app.post('/visits').send({ id: 7 }).expect(400),
    ];
    for (const { headers } of replies) {
      expect(headers).not.toHaveProperty('cache-groups');
      expect(headers).not.toHaveProperty('cache-group-invalidation');
    }
  });

  it.each(['x'.repeat(33), 'Zoë', '\r\nset-cookie: a=b', '', '__proto__\u0001', '\ud800'])(
    'have 32 plain characters for a name such as %j, the same for read and write',
    async (id) => {
      const { app } = started();
      const read = await app
        .get('/picked')
        .query({ ids: [id.toWellFormed()] })
        .expect(200);
      const written = await app.post('/visits').send({ id: id.toWellFormed() }).expect(200);
      expect(read.headers['cache-groups']).toMatch(/^"[\w-]{32}"$/);
      expect(written.headers['cache-group-invalidation']).toBe(`"visits", ${read.headers['cache-groups']}`);
      expect(read.headers).not.toHaveProperty('set-cookie');
    },
  );

  it('are not there where a function gives none, and end the request before its handler where they are too many', async () => {
    let work = 0;
    const { app, log } = started({
      async pickVisits() {
        work++;
        return [];
      },
    });
    expect((await app.get('/picked').expect(200)).headers).not.toHaveProperty('cache-groups');
    await app.get(`/picked?${Array.from({ length: 32 }, (_, n) => `ids=${n}`).join('&')}`).expect(200);
    await app.get(`/picked?${Array.from({ length: 33 }, (_, n) => `ids=${n}`).join('&')}`).expect(500);
    expect(work).toBe(2);
    expect(JSON.stringify(log.lines)).toContain('returned 33 names, and caches need not know more than 32');
  });
});
