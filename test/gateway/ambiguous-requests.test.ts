import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ambiguousRequests, type Front, statusesAt } from '../ambiguous-requests.ts';
import { type RunningGateway, startGateway, testedGateways } from '../running-gateway.ts';
import { type RunningService, startService } from '../running-service.ts';
import { type RawAnswer, sendRawForAnswers } from '../send-raw.ts';

const fronts: readonly Front[] = ['service', ...testedGateways()];

let folder: string;
let hello: RunningService;
let guestbook: RunningService;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestbook-'));
  // Nobody listens there: hello greets in English then.
  hello = await startService('hello', { GREETINGS_URL: 'http://127.0.0.1:9' });
  guestbook = await startService('guestbook', { HELLO_URL: hello.url, DATA_DIR: folder });
}, 30_000);
afterAll(async () => {
  await guestbook?.stop();
  await hello?.stop();
  await rm(folder, { recursive: true });
});

describe.each(fronts)('bytes that come to %s', (front) => {
  let gateway: RunningGateway | undefined;
  let port: number;
  beforeAll(async () => {
    const { port: direct, host } = new URL(guestbook.url);
    if (front !== 'service') gateway = await startGateway(front, { guestbook: [host] });
    port = gateway?.port ?? Number(direct);
  }, 30_000);
  afterAll(async () => {
    await gateway?.stop();
  });

  it.each(ambiguousRequests.map((request) => [request.name, request] as const))(
    'are answered: %s',
    async (_name, request) => {
      const statuses = statusesAt(front, request);
      const answers = await sendRawForAnswers(port, request.bytes, statuses[0]?.length ?? 1);
      expect(statuses).toContainEqual(answers.map(({ status }) => status));
      for (const answer of answers) if (answer.status >= 400) expectRefusal(front, answer);
    },
  );
});

/** HAProxy answers before it knows a header where it cannot read a request: until 3.0 with a page of its own. */
const pages: Partial<Record<Front, readonly number[]>> = {
  haproxy: [400, 408, 413, 422, 500],
  'haproxy-3.2': [413],
};

function expectRefusal(front: Front, answer: RawAnswer): void {
  const { status, head, body } = answer;
  if (pages[front]?.includes(status) && body.includes('<html>')) return;
  if (front === 'haproxy-3.2' && !/^x-request-id:/im.test(head)) {
    expect(head).toMatch(/^content-type: application\/problem\+json/im);
    expect(JSON.parse(body)).toMatchObject({ status, cause: expect.any(String) });
  } else expectProblem(answer);
}

function expectProblem({ status, head, body }: RawAnswer): void {
  expect(head).toMatch(/^Content-Type: application\/problem\+json/im);
  if (body !== '') expect(JSON.parse(body)).toMatchObject({ status, detail: expect.any(String) });
  if (status === 405) expect(head).toMatch(/^Allow: .*GET/im);
  expect(head).toMatch(/^Date: \w{3}, /im);
  expect(head).toMatch(/^X-Request-Id: [\w.-]+$/im);
  expect(head).toMatch(/^X-Content-Type-Options: nosniff$/im);
  expect(head).toMatch(/^Content-Security-Policy: default-src 'none';frame-ancestors 'none'$/im);
}
