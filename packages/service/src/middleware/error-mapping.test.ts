import { describe, expect, it } from '@jest/globals';
import { CallError, defineContract, get } from '@parley/contract';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { createApp } from '../app.ts';
import type { AppOptions } from '../app-options.ts';

class ShopError extends Error {
  readonly status = 422;
}

const contract = defineContract('shop', {
  buy: get('/api/buy', { summary: 's', input: z.object({ n: z.number() }), output: z.object({ n: z.number() }) }),
});
const body = z.object({ error: z.string() });
const errors: NonNullable<AppOptions['errors']> = {
  body,
  map: ({ problem, thrown, operation }) => {
    if (thrown instanceof ShopError) return { status: thrown.status, body: { error: thrown.message, operation } };
    if (problem.errors) return { status: 422, body: { error: problem.detail } };
    if (problem.status === 405) return { body: 'no such method' };
    if (problem.status === 409) return { body: '<no/>', contentType: 'application/xml' };
    if (problem.status === 413) return undefined;
    if (problem.status === 401) return { body: undefined as never };
    if (problem.detail === 'x' && problem.status === 404) return { body: { error: 1n as never } };
    if (problem.status === 403) return { status: 42, body: 'x' };
    if (problem.status === 412) throw new Error('a bug in the mapping');
    return { body: { error: problem.title } };
  },
};

function shopThat(fail: () => unknown, options: AppOptions = {}) {
  const { logger, lines } = capturedLog();
  const buy = async () => {
    throw fail();
  };
  return { app: createApp(contract, { buy }, { logger, errors, ...options }), lines };
}

const told = (lines: readonly object[]) => lines.filter((line) => 'err' in line);

describe.each(protocols)('the mapping of errors over $protocol', ({ request }) => {
  it('answers for an error that the app knows, which is no failure of the service', async () => {
    const { app, lines } = shopThat(() => new ShopError('sold out'));
    const { headers } = await request(app)
      .get('/api/buy?n=1')
      .expect(422, { error: 'sold out', operation: 'GET /api/buy' });
    expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
    expect(told(lines)).toEqual([]);
  });

  it('answers for what the kit refuses, in any form', async () => {
    const { app } = shopThat(() => new CallError('conflict', 'twice'));
    await request(app)
      .get('/api/buy?n=x')
      .expect(422)
      .expect(/^{"error":"/);
    await request(app).get('/nowhere').expect(404, { error: 'Not found' });
    await request(app)
      .post('/api/buy')
      .expect(405, 'no such method')
      .expect('content-type', /text\/plain/);
    await request(app)
      .get('/api/buy?n=1')
      .expect(409)
      .expect('content-type', /application\/xml/);
  });

  it('answers for a mounted app', async () => {
    const refuse: RequestHandler = () => {
      throw new ShopError('not here');
    };
    const { app } = shopThat(() => undefined, { mount: refuse });
    await request(app).get('/nowhere').expect(422, { error: 'not here', operation: 'mounted /' });
  });

  it('hides nothing from the log where the service failed', async () => {
    const { app, lines } = shopThat(() => new Error('a bug'));
    await request(app).get('/api/buy?n=1').expect(500, { error: 'Internal error' });
    expect(told(lines)).toMatchObject([{ code: 'internal', err: { message: 'a bug' } }]);
  });

  it('leaves problems to callers that accept them, and where it gives nothing', async () => {
    const { app } = shopThat(() => new CallError('body_too_large', 'large'));
    const accept = 'application/json, application/problem+json';
    const { body } = await request(app).get('/nowhere').set('Accept', accept).expect(404);
    expect(body).toMatchObject({ type: 'urn:parley:problem:not_found' });
    await request(app)
      .get('/api/buy?n=1')
      .expect(413)
      .expect('content-type', /problem\+json/);
  });

  it.each([
    ['permission_denied', 'it gave status 42 and body string'],
    ['unauthenticated', 'it gave status 401 and body undefined'],
    ['not_found', 'BigInt'],
    ['precondition_failed', 'a bug in the mapping'],
  ])('is not trusted: after %s a problem is sent, and the log says why', async (code, message) => {
    const { app, lines } = shopThat(() => new CallError(code, 'x'));
    const { body } = await request(app).get('/api/buy?n=1');
    expect(body).toMatchObject({ type: `urn:parley:problem:${code}` });
    expect(told(lines)).toMatchObject([
      { msg: 'errors.map failed: a problem was sent', err: { message: expect.stringContaining(message) } },
    ]);
  });

  it('is in the OpenAPI document', async () => {
    const { app } = shopThat(() => undefined);
    const document = (await request(app).get('/openapi.json').expect(200)).body;
    const { content } = document.paths['/api/buy'].get.responses[400];
    expect(Object.keys(content)).toEqual(['application/problem+json', 'application/json']);
    expect(content['application/json'].schema).toMatchObject({ properties: { error: { type: 'string' } } });
    // A status that `map` chooses is not known before: it is under `default`.
    expect(document.paths['/api/buy'].get.responses.default).toEqual({ $ref: '#/components/responses/Problem' });
    expect(document.components.responses.Problem.content).toHaveProperty('application/json');
  });
});
