import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type GatewayCause, gatewayCauses } from '../../packages/local/src/gateways/gateway-causes.ts';
import { parseRoutes } from '../../packages/local/src/gateways/nginx-files/nginx-routes.ts';
import { routeOf } from '../../packages/local/src/gateways/table/routes.ts';
import { freePort } from '../free-port.ts';
import { type GatewayName, kindOf, type RunningGateway, startGateway, testedGateways } from '../running-gateway.ts';
import { type RawAnswer, sendRawForAnswers } from '../send-raw.ts';
import { root } from '../source-files.ts';
import { answering, closeReplicas, hanging, live } from './test-replicas.ts';

const routes = parseRoutes(readFileSync(join(root, 'nginx/routes.conf'), 'utf8'));
const traceId = '0af7651916cd43dd8448eb211c80319c';
const head = (line: string, ...headers: string[]) =>
  [`${line} HTTP/1.1`, 'Host: x', `traceparent: 00-${traceId}-b7ad6b7169203331-01`, ...headers, '', ''].join('\r\n');
const large = `X: ${'x'.repeat(9_000)}`;

/**
 * What goes wrong, the request by which it does, and the cause; another one where a gateway cannot know better: docs/gateways.md.
 * HAProxy answers some before it knows a header: with a page of its own before 3.0, and since then without ids.
 */
const refused: readonly (readonly [
  string,
  string,
  GatewayCause,
  Partial<Record<GatewayName, GatewayCause | 'page' | 'without ids' | 'no answer'>>,
])[] = [
  ['no HTTP', 'GARBAGE\r\n\r\n', 'malformed_request', { haproxy: 'page', 'haproxy-3.2': 'without ids' }],
  [
    'two lengths',
    head('POST /api/visits', 'Content-Length: 5', 'Content-Length: 6'),
    'malformed_request',
    { haproxy: 'page', 'haproxy-3.2': 'no answer' },
  ],
  ['a path that climbs', head('GET /api/visits/..%2Fx'), 'malformed_request', {}],
  ['a path of no service', head('GET /nowhere'), 'no_route', {}],
  ['TRACE', head('TRACE /api/visits'), 'method_refused', {}],
  [
    'a WebSocket',
    head(
      'GET /api/visits',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ),
    'upgrade_refused',
    {},
  ],
  ['HTTP/2.0', head('GET /api/visits').replace('HTTP/1.1', 'HTTP/2.0'), 'unsupported_request', {}],
  ['a body too large', head('POST /api/visits', 'Content-Length: 9000000'), 'too_large', {}],
  [
    'a header too large',
    head('GET /api/visits', large, large),
    'headers_too_large',
    { haproxy: 'page', 'haproxy-3.2': 'without ids' },
  ],
  [
    'a URL too long',
    head(`GET /${'x'.repeat(20_000)}`),
    'url_too_long',
    { embedded: 'headers_too_large', haproxy: 'page', 'haproxy-3.2': 'without ids' },
  ],
];

const broken: readonly (readonly [
  string,
  string,
  GatewayCause,
  number,
  Partial<Record<GatewayName, readonly GatewayCause[]>>,
])[] = [
  [
    'refuses connections',
    '/api/greetings',
    'connect_refused',
    503,
    { haproxy: ['no_live_upstream', 'unreachable'], 'haproxy-3.2': ['no_live_upstream', 'connect_refused'] },
  ],
  [
    'takes no connection',
    '/api/visits',
    'connect_timeout',
    503,
    { haproxy: ['no_live_upstream', 'unreachable'], 'haproxy-3.2': ['no_live_upstream', 'connect_timeout'] },
  ],
  ['closes the connection', '/api/hello?reset', 'reset_by_upstream', 502, { haproxy: ['broken_answer'] }],
  [
    'sends headers too large',
    '/api/hello?large',
    'response_header_too_big',
    502,
    { haproxy: ['broken_answer'], 'haproxy-3.2': ['bad_response'] },
  ],
  ['breaks off within the headers', '/api/hello?cut', 'bad_response', 502, { haproxy: ['broken_answer'] }],
  ['sends headers that are none', '/api/hello?bad', 'bad_response', 502, { haproxy: ['broken_answer'] }],
  ['does not answer', '/api/hello?hang', 'read_timeout', 504, {}],
];

/** A replica that fails as the query says. */
const failing = () =>
  answering((request) => {
    if (request.includes('?large')) return `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\nContent-Length: 0\r\n\r\n`;
    if (request.includes('?cut')) return 'HTTP/1.1 200 OK\r\nContent-Le';
    if (request.includes('?bad')) return 'HTTP/1.1 200 OK\r\nX\0: y\r\nContent-Length: 0\r\n\r\n';
    return request.includes('?hang') ? undefined : '';
  });

describe.each(testedGateways())('a problem of %s', (name) => {
  let gateway: RunningGateway;
  const answers = new Map<string, Promise<RawAnswer[]>>();
  beforeAll(async () => {
    gateway = await startGateway(name, {
      greetings: [`127.0.0.1:${await freePort()}`],
      // As many as all of them eject together.
      hello: await Promise.all(Array.from({ length: 20 }, async () => (await failing()).address)),
      guestbook: [(await hanging()).address],
    });
    // HAProxy has checked replicas by then, and knows the dead ones. At once: the last answer takes 12 s.
    await wait(1_000);
    for (const [what, target] of broken)
      answers.set(what, sendRawForAnswers(gateway.port, head(`GET ${target}`, 'Connection: close'), 1));
  }, 30_000);
  afterAll(async () => {
    await gateway?.stop();
    await closeReplicas();
  });

  function problemIn([answer]: readonly RawAnswer[]): Record<string, unknown> {
    expect(answer?.head).toMatch(/^Content-Type: application\/problem\+json/im);
    const body = JSON.parse(answer?.body ?? '');
    const isLater = body.status === 503 || body.status === 429;
    expect([body.cause, /^Retry-After: 1\r?$/im.test(answer?.head ?? '')]).toEqual([body.cause, isLater]);
    expect(body).toMatchObject({ status: answer?.status, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(answer?.head).toMatch(new RegExp(`^X-Request-Id: ${body.requestId}\\r?$`, 'im'));
    return body;
  }

  it.each(refused)('names the cause of what it refuses: %s', async (_what, bytes, cause, others) => {
    const other = others[name] ?? cause;
    const answers = await sendRawForAnswers(gateway.port, bytes, 1);
    if (other === 'no answer') return expect(answers).toEqual([]);
    if (other === 'page') return expect(answers[0]?.status).toBe(400);
    const expected = other === 'without ids' ? cause : other;
    const body = other === 'without ids' ? JSON.parse(answers[0]?.body ?? '') : problemIn(answers);
    expect(body).toMatchObject({ cause: expected, detail: gatewayCauses[expected].detail });
    expect(gatewayCauses[expected].statuses).toContain(body.status);
    expect(body.upstream).toBeUndefined();
  });

  it.each(broken)('names cause, upstream and trace where a replica %s', async (what, target, best, status, others) => {
    const { upstream, ...body } = problemIn((await answers.get(what)) ?? []);
    const cause = body.cause as GatewayCause;
    expect(others[name] ?? [best]).toContain(cause);
    expect(body).toMatchObject({ status, cause, detail: gatewayCauses[cause].detail, traceId });
    expect(upstream).toBe(routeOf(target.replace(/\?.*/, ''), routes)?.service);
    expect(gatewayCauses[cause].statuses).toContain(status);
  });
});

describe.each(testedGateways())('a problem of %s whose only replica has just failed', (name) => {
  afterAll(closeReplicas);

  it('has the cause of the first one', async () => {
    const gateway = await startGateway(name, { hello: [(await failing()).address] });
    try {
      for (const query of ['reset', 'large', 'cut']) {
        const [, target = '', best, , others = {}] = broken.find(([, path]) => path.endsWith(query)) ?? [];
        for (let n = 0; n < 3; n++) {
          const [answer] = await sendRawForAnswers(gateway.port, head(`GET ${target}`, 'Connection: close'), 1);
          expect(others[name] ?? [best]).toContain(JSON.parse(answer?.body ?? '').cause);
        }
      }
    } finally {
      await gateway.stop();
    }
  });
});

describe.each(testedGateways())('a connection of %s to a replica that has been used before', (name) => {
  afterAll(closeReplicas);

  it('breaks with a problem, or where that is HAProxy with the end of the connection to the client', async () => {
    const gateway = await startGateway(name, { guestbook: [(await live()).address] });
    try {
      const post = (target: string) => head(`POST ${target}`, 'Content-Length: 0');
      const [first, second] = await sendRawForAnswers(gateway.port, post('/api/visits') + post('/api/visits?reset'), 2);
      expect(first?.status).toBe(200);
      if (kindOf(name) === 'haproxy') expect(second).toBeUndefined();
      else expect(JSON.parse(second?.body ?? '')).toMatchObject({ status: 502, cause: 'reset_by_upstream' });
    } finally {
      await gateway.stop();
    }
  });
});
