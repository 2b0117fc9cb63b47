import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultClientLimits } from '../../packages/local/src/gateways/client-limits.ts';
import { sendRaw } from '../raw-request.ts';
import { gatewaysHere, type RunningGateway, startGateway } from '../running-gateway.ts';
import { closeReplicas, live } from './test-replicas.ts';

describe.each(gatewaysHere())('a client of %s that sends too much', (name) => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    // The embedded gateway does not answer 2000 requests a second on every machine.
    const limits = { ...defaultClientLimits, requestsPerSecond: 100 };
    gateway = await startGateway(name, { greetings: [(await live()).address] }, limits);
  }, 30_000);
  afterAll(async () => {
    await gateway?.stop();
    await closeReplicas();
  });

  it('gets problems with 429, their cause and when to come back, and answers up to the limit', async () => {
    const asked = 'GET /api/greetings HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1_000);
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => sendRaw(gateway.url, asked, { hangUpAfterMs: 4_000 })),
    );
    const text = replies.map((reply) => reply.text).join('');
    const answers = text.split(/(?=HTTP\/1\.1 \d{3} )/);
    const limited = answers.filter((answer) => answer.startsWith('HTTP/1.1 429'));
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 200')).length).toBeGreaterThan(1_000);
    expect(limited.length).toBeGreaterThan(0);
    for (const answer of limited) {
      expect(answer).toMatch(/^retry-after: 1\r$/im);
      expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
        status: 429,
        cause: 'rate_limited',
        detail: 'This client sends more requests than its share',
      });
    }
  }, 30_000);
});
