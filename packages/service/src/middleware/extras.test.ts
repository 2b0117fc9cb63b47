import { describe, expect, it } from '@jest/globals';
import { type CallContext, CallError, defineContract, get, type Handlers, post, stream } from '@parley/contract';
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { createApp } from '../app.ts';
import type { AppOptions } from '../app-options.ts';
import type { HandlersWith } from './extras.ts';

const item = z.object({ customer: z.string() });
const shop = defineContract('shop', {
  whoAmI: get('/api/me', { summary: 's', output: item }),
  follow: get('/api/follow', { summary: 's', output: stream(item, { as: 'ndjson' }) }),
  order: post('/api/orders', { summary: 's', input: z.object({ n: z.number() }), output: item, safety: 'keyed' }),
});

const extras = async (req: Request) => {
  const [, customer = ''] = /customer=(\w+)/.exec(req.headers.cookie ?? '') ?? [];
  if (!customer) throw new CallError('unauthenticated', 'log in first');
  return { customer, greet: () => req.res?.cookie('greeted', 'yes') };
};

const handlers: HandlersWith<typeof shop, { customer: string; greet: () => void }> = {
  async whoAmI(_input, context) {
    context.extras.greet();
    return { customer: context.extras.customer };
  },
  async *follow(_input, { extras: { customer } }) {
    yield { customer };
  },
  order: async (_input, { extras: { customer } }) => ({ customer }),
};

const shopApp = (options: AppOptions<typeof shop> = {}) =>
  createApp(shop, handlers, { logger: capturedLog().logger, ...options, extras });

describe.each(protocols)('extras over $protocol', ({ request }) => {
  it('are in the context of every kind of handler, and may set cookies', async () => {
    const agent = request(shopApp());
    const me = await agent.get('/api/me').set('Cookie', 'customer=Ada').expect(200, { customer: 'Ada' });
    expect(me.headers['set-cookie']).toEqual(['greeted=yes; Path=/']);
    await agent
      .get('/api/follow')
      .set('Cookie', 'customer=Ada')
      .buffer(true)
      .expect(200, /{"customer":"Ada"}/);
    const order = agent.post('/api/orders').set('Cookie', 'customer=Ada').set('Idempotency-Key', 'a');
    await order.send({ n: 1 }).expect(200, { customer: 'Ada' });
  });

  it('refuse a request by what they throw', async () => {
    const { body } = await request(shopApp()).get('/api/me').expect(401);
    expect(body).toMatchObject({ type: 'urn:parley:problem:unauthenticated', detail: 'log in first' });
  });

  it('are read after the middleware of an operation', async () => {
    const logIn: RequestHandler = (req, _res, next) => {
      req.headers.cookie = 'customer=Grace';
      next();
    };
    const app = shopApp({ operations: { whoAmI: { middleware: [logIn] } } });
    await request(app).get('/api/me').expect(200, { customer: 'Grace' });
    await request(app).post('/api/orders').send({ n: 1 }).expect(401);
  });
});

it('leaves a handler without extras as it was', () => {
  const plain: Handlers<typeof shop> = {
    whoAmI: async (_input, context?: CallContext) => ({ customer: String(context?.requestId) }),
    async *follow() {},
    order: async () => ({ customer: '' }),
  };
  const { logger } = capturedLog();
  expect(() => createApp(shop, plain, { logger })).not.toThrow();
  expect(() => createApp(shop, plain, { logger, extras })).not.toThrow();
});
