import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parley } from '../../test-fixtures/command-line.ts';

const call = (startedAt: string, timeline: readonly string[]) => ({
  ...{ operation: 'GET /api/items', startedAt, durationMs: 1_200, code: 'unavailable', requestId: 'r1' },
  ...{ reason: 'failed', upstream: 'items', fate: 'last_attempt', attempts: 2, timeline, events: [] },
});
const request = (startedAt: string, operation: string) => ({
  ...{ operation, startedAt, durationMs: 3, status: 500, code: 'internal', requestId: 'r2' },
  ...{ reason: 'failed', method: 'GET', scheme: 'http' },
});
const at = (second: number) => new Date(1_700_000_000_000 + second * 1_000).toISOString();

/** What the admin API of each replica says. */
const answers = [
  { slowMs: 1_000, calls: [call(at(3), ['  1.0 ms  one', '  2.0 ms  two']), call(at(1), [])], requests: [] },
  { slowMs: 1_000, calls: [], requests: [request(at(2), 'GET /a\nb\u001b[2J')] },
];

let servers: readonly Server[];
let options: string;
beforeAll(async () => {
  servers = answers.map((answer) =>
    createServer((_req, res) => {
      res.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    }).listen(0, '127.0.0.1'),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  options = servers.map((server) => `--admin http://127.0.0.1:${(server.address() as AddressInfo).port}`).join(' ');
});
afterAll(() => {
  for (const server of servers) server.close();
});

const run = (line: string, isTerminal = false) =>
  parley(`${line} ${options}`, { serviceAt: async () => 'shop', isTerminal });

describe('parley calls', () => {
  it('puts the calls and requests of all replicas in one order, with each timeline below its call', async () => {
    const { code, stdout } = await run('calls');
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').slice(1)).toEqual([
      `${at(3)}\tshop-1\tcall to items\tGET /api/items\tfailed\t–\tunavailable\t1.2 s\t2\tr1`,
      '    1.0 ms  one',
      '    2.0 ms  two',
      `${at(2)}\tshop-2\trequest\tGET /a b\ufffd[2J\tfailed\t500\tinternal\t3.0 ms\t–\tr2`,
      `${at(1)}\tshop-1\tcall to items\tGET /api/items\tfailed\t–\tunavailable\t1.2 s\t2\tr1`,
    ]);
  });

  it('does so on a terminal, whatever another process has put into its texts', async () => {
    const { stdout } = await run('calls --limit 2', true);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[2]).toContain('    1.0 ms  one');
    expect(lines[4]).toContain('GET /a b\ufffd[2J');
  });
});
