import { describe, expect, it } from '@jest/globals';
import { defineContract, get } from '@parley/contract';
import express from 'express';
import { createApp } from './app.ts';
import { serve } from './serve.ts';
import { inMemoryService } from './testing/in-memory-service.ts';
import { startService } from './testing/started-service.ts';

const shop = defineContract('shop', { report: get('/report', { summary: 's' }) });
const handlers = { report: async () => {} };
const app = express();

/** Each function that serves, called without types. */
const callers: Record<string, (...served: readonly unknown[]) => unknown> = {
  createApp: (...served) => createApp(...(served as Parameters<typeof createApp>)),
  serve: (...served) => serve(...(served as Parameters<typeof serve>)),
  inMemoryService: (...served) => inMemoryService(...(served as Parameters<typeof inMemoryService>)),
  startService: (...served) => startService(...(served as Parameters<typeof startService>)),
};

async function refusal(caller: string, ...served: readonly unknown[]): Promise<unknown> {
  try {
    await callers[caller]?.(...served);
  } catch (error) {
    return error;
  }
  throw new Error('was accepted');
}

const options: readonly (readonly [options: object, sentence: string])[] = [
  [{ requestTimoutMs: 100 }, 'has no option requestTimoutMs: did you mean requestTimeoutMs? It takes '],
  [{ middlewares: [] }, 'has no option middlewares: did you mean middleware? It takes '],
  [{ errors: { maps: () => undefined, map: () => undefined } }, 'errors has no option maps: did you mean map? '],
  [{ middleware: 3 }, 'middleware must be a list of functions such as [cookieParser()], not 3'],
  [{ middleware: app }, 'middleware must be a list of functions such as [cookieParser()], not a function'],
  [{ middleware: [{ token: 's3cret' }] }, 'such as [cookieParser()], not a list with an object with token'],
  [{ errors: () => undefined }, 'errors must be an object such as { map:'],
  [{ listeners: 3 }, 'listeners must be a list such as [{ onRequest'],
  [{ logger: console.log }, "logger must be an object such as pino's"],
];
const optionsOfContract: typeof options = [
  ...options,
  [{ mounted: app }, 'has no option mounted: did you mean mount? '],
  [{ heartbeatMs: '10s' }, 'heartbeatMs must be a number from 1, not "10s"'],
  [{ heartbeatMs: 0 }, 'heartbeatMs must be a number from 1, not 0'],
  [{ requestTimeoutMs: '5' }, 'requestTimeoutMs must be a number from 1, not "5"'],
  [{ extras: 3 }, 'extras must be a function such as (req) => ({ session: req.session }), not 3'],
  [{ cors: 3 }, "cors must be an object such as { origins: ['https://app.example.com'] }, not 3"],
  [{ cors: { origin: [] } }, 'cors has no option origin: did you mean origins? '],
  [
    { cors: { origins: 'https://a' } },
    'cors.origins must be a list such as [\'https://app.example.com\'], not "https://a"',
  ],
  [{ mount: 3 }, "mount must be an Express application, or a list such as [{ app, path: '/old' }], not 3"],
  [{ mount: [app] }, 'mount lists applications as { app, path }: write [{ app }] for [app], not a function'],
  [{ mount: [{ application: app }] }, 'mount has no option application: It takes app, path'],
  [{ mount: [{ app: 3 }] }, 'mount: app must be an Express application, a router or a listener, not 3'],
  [{ mount: [{ app, path: 3 }] }, 'mount: a path must be a text that begins with /, not 3'],
  [{ operations: { report: { timeoutMs: 3 } } }, 'operations.report has no option timeoutMs: '],
  [{ operations: { report: { middleware: 3 } } }, 'middleware must be a list of functions'],
  [{ idempotency: { storage: 1 } }, 'idempotency has no option storage: did you mean store? '],
  [{ tokens: { issuers: 'a' } }, 'tokens has no option issuers: did you mean issuer? '],
  [{ authenticate: () => undefined }, 'authenticate must be an object such as { apiKey'],
  [{ version: 2 }, "version must be a text such as '2.1.0', not 2"],
];
const optionsOfServe: typeof options = [
  [{ closeables: { close() {} } }, 'closeables must be a list such as [pool], each with a method close, not an object'],
  [{ closeables: [() => {}] }, 'each with a method close, not a list with a function'],
  [{ settings: { adminPrt: 0 } }, 'settings has no option adminPrt: did you mean adminPort? '],
  [{ tls: { certificate: '' } }, 'tls has no option certificate: It takes cert, key, ca'],
];

describe.each(Object.keys(callers))('%s', (caller) => {
  const known = /serve|start/.test(caller) ? [...optionsOfContract, ...optionsOfServe] : optionsOfContract;

  it.each(known)('refuses a contract with %j in one sentence', async (given, sentence) => {
    const error = await refusal(caller, shop, handlers, given);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(sentence);
    expect((error as Error).message).not.toContain('s3cret');
  });

  it.each(options)('refuses an application with %j in one sentence', async (given, sentence) => {
    expect(await refusal(caller, app, given)).toMatchObject({ name: 'TypeError' });
    expect(String(await refusal(caller, app, given))).toContain(sentence);
  });

  it('refuses options of a contract for an application without one', async () => {
    const { message } = (await refusal(caller, app, { cors: { origins: [] } })) as Error;
    expect(message).toMatch(/^\w+ of applications without a contract has no option cors: It takes name, logger/);
  });

  it.each([
    [3, 'not 3'],
    [undefined, 'not undefined'],
    [null, 'not null'],
    ['shop', 'not "shop"'],
    [{ getReport: 1 }, 'not an object with getReport'],
  ])('refuses to serve %j', async (served, end) => {
    const { message } = (await refusal(caller, served)) as Error;
    expect(message).toMatch(/^what \w+ serves must be a contract of defineContract, an Express application, or a list/);
    expect(message).toContain(end);
  });

  it('refuses a contract without handlers, and options that are none', async () => {
    expect(String(await refusal(caller, shop))).toContain(
      'needs an object with a handler for each operation, not undefined',
    );
    expect(String(await refusal(caller, shop, handlers, 'x'))).toContain('must be an object, not "x"');
    expect(String(await refusal(caller, app, 'shop'))).toContain('must be an object, not "shop"');
  });
});
