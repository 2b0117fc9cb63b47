import { describe, expect, it } from '@jest/globals';
import { defineContract, get, stream } from '@parley/contract';
import supertest from 'supertest';
import { z } from 'zod';
import { unknownVisit, visits, visitsHandlers } from '../../test-fixtures/visits.ts';
import { inMemoryService } from './in-memory-service.ts';

const handlers = visitsHandlers({
  getVisit: async ({ id }) => {
    if (id === 'bug') throw new Error('bug');
    if (id === 'none') throw unknownVisit('there is none', { known: ['7'] });
    return { id, name: 'Ada', etag: '"v1"' };
  },
});

describe('inMemoryService', () => {
  it('has no body for lines of JSON, however many there are', async () => {
    const ticks = defineContract('ticks', {
      watch: get('/ticks', { summary: 'Ticks', output: stream(z.object({ n: z.number() }), { as: 'ndjson' }) }),
    });
    const watch = async function* () {
      yield { n: 1 };
    };
    const { body, text } = await inMemoryService(ticks, { watch }).request('GET', '/ticks');
    expect([body, text]).toEqual([undefined, '{"n":1}\n']);
  });

  it('answers as over a port, with all its middleware', async () => {
    const { request } = inMemoryService(visits, handlers);
    const answer = await request('GET', '/api/visits/a%2Fb?x=1', { headers: { 'x-request-id': 'r-1' } });
    expect(answer).toMatchObject({ status: 200, body: { id: 'a/b', name: 'Ada' }, text: '{"id":"a/b","name":"Ada"}' });
    expect(answer.headers).toMatchObject({ etag: '"v1"', 'x-request-id': 'r-1', 'x-content-type-options': 'nosniff' });
  });

  it('takes a body as JSON, text or bytes', async () => {
    const { request } = inMemoryService(visits, handlers);
    const post = (body: unknown, headers = {}) => request('POST', '/api/visits', { body, headers });
    const json = { 'content-type': 'application/json' };
    const note = 'x'.repeat(100_000);
    expect(await post({ name: 'Ada', note })).toMatchObject({ status: 201, body: { id: '1', name: 'Ada' } });
    expect((await post('{"name":"Ada"}', json)).status).toBe(201);
    expect((await post(Buffer.from('{"name":"Ada"}'), json)).status).toBe(201);
    expect((await post('{"name":"Ada"}')).status).toBe(415);
    expect(await post({ name: '' })).toMatchObject({ status: 400, body: { type: 'urn:parley:problem:invalid_input' } });
  });

  it('tells of errors as problems, and of what they hide in its log', async () => {
    const { request, logs } = inMemoryService(visits, handlers);
    expect(await request('GET', '/api/visits/none')).toMatchObject({ status: 404, body: { known: ['7'] } });
    expect(await request('GET', '/api/visits/bug')).toMatchObject({ status: 500 });
    expect(logs).toContainEqual(expect.objectContaining({ level: 'error', msg: 'request failed' }));
    expect((await request('GET', '/nowhere')).status).toBe(404);
  });

  it('answers any number of requests, one after the other', async () => {
    const { request } = inMemoryService(visits, handlers);
    const statuses = new Set<number>();
    for (let index = 0; index < 300; index++)
      statuses.add((await request('POST', '/api/visits', { body: { name: 'Ada' } })).status);
    expect([...statuses]).toEqual([201]);
  });

  it('has no body where there is none to give', async () => {
    const { request } = inMemoryService(visits, handlers);
    expect(await request('DELETE', '/api/visits/7')).toMatchObject({ status: 204, text: '', body: undefined });
    expect(await request('HEAD', '/api/visits/7')).toMatchObject({ status: 200, text: '' });
  });

  it('gives a stream when it has ended', async () => {
    const ticks = defineContract('ticks', {
      watch: get('/ticks', { summary: 'Ticks', output: stream(z.object({ n: z.number() }), { as: 'ndjson' }) }),
    });
    const { request } = inMemoryService(ticks, {
      async *watch() {
        yield* [{ n: 1 }, { n: 2 }];
      },
    });
    expect(await request('GET', '/ticks')).toMatchObject({ status: 200, text: '{"n":1}\n{"n":2}\n' });
  });

  it('heeds its options: a request that takes too long is answered', async () => {
    const hanging = visitsHandlers({ latestVisit: () => new Promise(() => {}) });
    const { request } = inMemoryService(visits, hanging, { requestTimeoutMs: 30, bodyLimitBytes: 20 });
    expect((await request('GET', '/api/visits/latest')).status).toBe(504);
    expect((await request('POST', '/api/visits', { body: { name: 'x'.repeat(50) } })).status).toBe(413);
  });

  it('answers many at a time, and supertest', async () => {
    const { app, request } = inMemoryService(visits, handlers);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => request('GET', `/api/visits/${i}`)));
    expect(answers.map(({ body }) => (body as { id: string }).id)).toEqual(answers.map((_, i) => `${i}`));
    await supertest(app).get('/api/visits/7').expect(200);
  });
});
