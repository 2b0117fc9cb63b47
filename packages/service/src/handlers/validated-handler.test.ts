import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { type CallContext, currentContext, defineContract, get } from '@parley/contract';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { createApp } from '../app.ts';

const problem = (code: string) => `urn:parley:problem:${code}`;

describe.each(protocols)('validated-handler over $protocol', ({ request }) => {
  it('puts path, query and headers together into the input', async () => {
    const { app } = visitsApp();
    await request(app).get('/api/visits/a%2Fb%20c').expect(200, { id: 'a/b c', name: 'Ada' });
    await request(app)
      .get('/api/visits?limit=2')
      .set('accept-language', 'fr')
      .expect(200, { names: ['Ada', 'Ada'], language: 'fr' });
  });

  it('answers with the status of the operation', async () => {
    const { app } = visitsApp();
    await request(app).post('/api/visits').send({ name: 'Ada' }).expect(201);
    const reply = await request(app).delete('/api/visits/1').expect(204);
    expect(reply.text).toBe('');
    expect(reply.headers).not.toHaveProperty('content-type');
  });

  it('sends the members of an output that are headers as headers', async () => {
    const { app } = visitsApp({ getVisit: async ({ id }) => ({ id, name: 'Ada', etag: '"v1"' }) });
    await request(app).get('/api/visits/1').expect(200, { id: '1', name: 'Ada' }).expect('etag', '"v1"');
  });

  it('answers 304 to a client that has it already', async () => {
    const { app } = visitsApp({ getVisit: async ({ id }) => ({ id, name: 'Ada', etag: '"v1"' }) });
    await request(app).get('/api/visits/1').set('if-none-match', '"v1"').expect(304);
  });

  it('answers 400 with what is wrong, and calls no handler', async () => {
    const addVisit = jest.fn(async () => ({ id: '1', name: '' }));
    const reply = await request(visitsApp({ addVisit }).app).post('/api/visits').send({ note: 5 }).expect(400);
    expect(reply.body).toMatchObject({ type: problem('invalid_input'), requestId: reply.headers['x-request-id'] });
    expect(reply.body.errors.map(({ path }: { path: string }) => path)).toEqual(['name', 'note']);
    expect(addVisit).not.toHaveBeenCalled();
  });

  it('answers 400 to a path that is not valid percent-encoding', async () => {
    const reply = await request(visitsApp().app).get('/api/visits/%E0%A4%A').expect(400);
    expect(reply.body.type).toBe(problem('invalid_input'));
  });

  it('hides an output that breaks the contract, and logs where', async () => {
    const { app, log } = visitsApp({ getVisit: async () => ({ id: 's3cret', name: 7 as unknown as string }) });
    const reply = await request(app).get('/api/visits/1').expect(500);
    expect(reply.body.type).toBe(problem('internal'));
    expect(reply.body).not.toHaveProperty('errors');
    expect(log.lines[0]).toMatchObject({
      level: 'error',
      err: { message: 'output of GET /api/visits/{id} does not fit the contract at: name' },
    });
    expect(log.text() + reply.text).not.toContain('s3cret');
  });

  it('sends nothing beyond what the contract says', async () => {
    const withMore = { id: '1', name: 'Ada', password: 's3cret' };
    await request(visitsApp({ getVisit: async () => withMore }).app)
      .get('/api/visits/1')
      .expect(200, { id: '1', name: 'Ada' });
  });

  it('gives the handler its context, as an argument and as the current one, below a body too', async () => {
    const seen: (CallContext | undefined)[] = [];
    const { app } = visitsApp({
      addVisit: async ({ name }, context) => {
        await setImmediate();
        seen.push(context, currentContext());
        return { id: '1', name };
      },
    });
    await request(app).post('/api/visits').set('x-request-id', 'r1').send({ name: 'Ada' }).expect(201);
    expect(seen[0]).toMatchObject({ requestId: 'r1', deadlineMs: expect.any(Number), signal: expect.any(AbortSignal) });
    expect(seen[1]).toBe(seen[0]);
  });

  it('answers 504 once the deadline passes, whatever the handler does', async () => {
    let signal: AbortSignal | undefined;
    const { app } = visitsApp({
      latestVisit: (_input, context) => {
        signal = context?.signal;
        return new Promise(() => {});
      },
    });
    const reply = await request(app).get('/api/visits/latest').set('x-request-timeout-ms', '30').expect(504);
    expect(reply.body.type).toBe(problem('deadline_exceeded'));
    expect(signal?.aborted).toBe(true);
  });

  it('takes the service’s own limit where the caller has none', async () => {
    const { app } = visitsApp({ latestVisit: () => new Promise(() => {}) }, { requestTimeoutMs: 30 });
    await request(app).get('/api/visits/latest').expect(504);
  });

  it('survives a handler that fails after the deadline', async () => {
    const late = Promise.withResolvers<{ id: string }>();
    const { app } = visitsApp({ latestVisit: () => late.promise });
    await request(app).get('/api/visits/latest').set('x-request-timeout-ms', '10').expect(504);
    late.reject(new Error('too late'));
    await setImmediate();
  });

  it('does not call the handler where the deadline passes while the input is checked', async () => {
    const handler = jest.fn(async () => {});
    const checked = Promise.withResolvers<boolean>();
    const slow = z.object({}).refine(() => checked.promise);
    const contract = defineContract('slow', { check: get('/api/check', { summary: 'Checks', input: slow }) });
    const app = createApp(contract, { check: handler }, { logger: capturedLog().logger });
    await request(app).get('/api/check').set('x-request-timeout-ms', '20').expect(504);
    checked.resolve(true);
    await setImmediate();
    expect(handler).not.toHaveBeenCalled();
  });

  it('does not call the handler where the deadline has passed', async () => {
    const latestVisit = jest.fn(async () => ({ id: '1' }));
    const { app } = visitsApp({ latestVisit });
    await request(app).get('/api/visits/latest').set('x-request-timeout-ms', '0').expect(504);
    expect(latestVisit).not.toHaveBeenCalled();
  });
});
