import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parley } from '../../test-fixtures/command-line.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const at = (ms: number) => new Date(1_700_000_000_000 + ms).toISOString();
const call = (startMs: number, trace: string | undefined, requestId: string) => ({
  ...{ operation: 'GET /api/items', startedAt: at(startMs), durationMs: 1_200, code: 'unavailable', requestId },
  ...{
    reason: 'failed',
    upstream: 'stock',
    fate: 'max_attempts',
    attempts: 2,
    timeline: ['  1.0 ms  one'],
    events: [],
  },
  traceId: trace,
});
const request = (startMs: number, trace: string | undefined, requestId: string) => ({
  ...{
    operation: 'GET /shop\u001b[2J',
    startedAt: at(startMs),
    durationMs: 1_300,
    status: 502,
    code: 'upstream_failed',
  },
  ...{ reason: 'failed', method: 'GET', scheme: 'http', requestId, traceId: trace },
});

const answers = [
  {
    slowMs: 1_000,
    calls: [call(20, traceId, 'r1'), call(9, 'f'.repeat(32), 'r9')],
    requests: [request(0, traceId, 'r1')],
  },
  { slowMs: 1_000, calls: [], requests: [request(25, traceId, 'r1'), request(30, undefined, 'alone')] },
];
const names = ['shop', 'stock'];

let servers: readonly Server[];
let urls: readonly string[];
beforeAll(async () => {
  servers = answers.map((answer) =>
    createServer((_req, res) => {
      res.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    }).listen(0, '127.0.0.1'),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(() => {
  for (const server of servers) server.close();
});

const run = (line: string) =>
  parley(`${line} ${urls.map((url) => `--admin ${url}`).join(' ')}`, {
    serviceAt: async (operators) => names[urls.findIndex((url) => operators.startsWith(url))],
  });

describe('parley trace', () => {
  const lines = [
    '0.0 ms\tshop-1\trequest GET /shop\ufffd[2J\tfailed\t502\tupstream_failed\t1.3 s\t–',
    '20 ms\tshop-1\t  call to stock GET /api/items\tfailed\t–\tunavailable\t1.2 s\t2',
    '      1.0 ms  one',
    '25 ms\tstock-1\t    request GET /shop\ufffd[2J\tfailed\t502\tupstream_failed\t1.3 s\t–',
  ];

  it.each([
    ['the id of a trace', traceId],
    ['a traceparent', `00-${traceId}-b7ad6b7169203331-01`],
    ['the id of a request', 'r1'],
  ])('shows what all replicas remember, across services, by %s', async (_, id) => {
    const { code, stdout } = await run(`trace ${id}`);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').slice(1)).toEqual(lines);
  });

  it('shows a request without a trace alone', async () => {
    const { stdout } = await run('trace alone');
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  it('gives one document', async () => {
    const { traceId: shown, entries, failures } = JSON.parse((await run(`trace ${traceId} --json`)).stdout);
    expect(shown).toBe(traceId);
    expect(failures).toEqual([]);
    expect(entries).toMatchObject([
      { service: 'shop', kind: 'request', depth: 0, atMs: 0 },
      { service: 'shop', kind: 'call', depth: 1, atMs: 20 },
      { service: 'stock', kind: 'request', depth: 2, atMs: 25 },
    ]);
  });

  it('says where it has looked for one that nobody remembers', async () => {
    const { code, stdout, stderr } = await run('trace none');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('expected calls or requests of "none" in shop-1, stock-1, found none');
  });
});
