import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { defineContract, get, isCallError } from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import fc from 'fast-check';
import { z } from 'zod';
import { type RunningGateway, startGateway, testedGateways } from '../running-gateway.ts';
import { sendRawForAnswers } from '../send-raw.ts';

const input = z.object({ id: z.string(), q: z.string().optional(), tags: z.array(z.string()).optional() });
// At a route of the gateways.
const contract = defineContract('guestbook', {
  find: get('/api/visits/{id}', { summary: 's', input, output: z.object({ got: z.string() }) }),
});
const fronts = ['service', ...testedGateways()] as const;
const characters = [
  'a',
  '.',
  '/',
  '\\',
  '%',
  '2',
  'F',
  'e',
  ';',
  ':',
  '?',
  '#',
  '+',
  ' ',
  '\n',
  '\r',
  '\0',
  '\ud800',
  'é',
  '日',
  '😀',
  '~',
];
const hard = fc.string({ unit: fc.constantFrom(...characters), maxLength: 8 });
const seed = Date.now() % 1_000_000_000;

describe.each(fronts)('texts in paths and queries that come by way of: %s', (front) => {
  let service: StartedService;
  let gateway: RunningGateway | undefined;
  let upstream: Upstream;
  let port: number;
  beforeAll(async () => {
    service = await startService(contract, { find: async (given) => ({ got: JSON.stringify(given) }) });
    const { host, port: direct } = new URL(service.url);
    if (front !== 'service') gateway = await startGateway(front, { guestbook: [host] });
    port = gateway?.port ?? Number(direct);
    upstream = createUpstream('guestbook', `http://127.0.0.1:${port}`);
  }, 30_000);
  afterAll(async () => {
    await upstream?.close();
    await gateway?.stop();
    await service?.stop();
  });

  it('arrive as they were, or are refused before they are sent', async () => {
    const client = createClient(contract, upstream);
    const given = fc.record({ id: hard, q: hard, tags: fc.array(hard, { maxLength: 3 }) }, { requiredKeys: ['id'] });
    const property = fc.asyncProperty(given, async (one) => {
      const reply = await client.find(one).catch((error: unknown) => {
        if (isCallError(error, 'invalid_input') && error.message.includes('not sent: ')) return undefined;
        throw error;
      });
      if (reply) expect(JSON.parse(reply.got)).toEqual(one);
    });
    await fc.assert(property, { numRuns: 300, seed, endOnFailure: true });
  }, 60_000);

  // What no client of ours sends. Where the service would look for no parameter, it is 404.
  it.each([
    ['..%2Fx', 400],
    ['..%2f..%2fx', 400],
    ['.', 400],
    ['..', 400],
    ['..?q=1', 400],
    ['%2E', 400],
    ['%2e%2E', 400],
    ['.%2e', 400],
    ['a%2F..', 400],
    ['a%2F..%2Fb', 400],
    ['a%2f..%2f..%2f..', 400],
    ['.%2Fa', 400],
    ['%', 400],
    ['a%00', 400],
    ['a/', 404],
  ])('are served nowhere: %s', async (id, status) => {
    for (const target of [`/api/visits/${id}`, `http://x/api/visits/${id}`]) {
      const sent = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      const [answer] = await sendRawForAnswers(port, sent, 1);
      expect([target, answer?.status]).toEqual([target, status]);
    }
  });

  // To a service these are other paths, to gateways no paths.
  it.each(['../visits/a', './a', '..;/a'])('are served nowhere: %s', async (id) => {
    const [answer] = await sendRawForAnswers(
      port,
      `GET /api/visits/${id} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      1,
    );
    expect(answer?.status).toBe(front === 'service' ? 404 : 400);
  });

  it('are taken from an absolute target too', async () => {
    const [answer] = await sendRawForAnswers(
      port,
      'GET http://x/api/visits/a%2Fb?q=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      1,
    );
    expect(answer).toMatchObject({ status: 200, body: '{"got":"{\\"id\\":\\"a/b\\",\\"q\\":\\"1\\"}"}' });
  });
});
