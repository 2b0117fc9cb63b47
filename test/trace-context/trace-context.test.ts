import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, parleyAdapter, type Upstream } from '@parley/client';
import { defineContract, get } from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import axios from 'axios';
import { z } from 'zod';
import { type Case, cases, type Expected, type Lines, traceId } from './cases.ts';

const harness = defineContract('harness', {
  call: get('/call', { summary: 's', input: z.object({ index: z.coerce.number() }), output: z.object({}) }),
});
const relay = defineContract('relay', {
  relay: get('/relay', { summary: 's', input: z.object({ calls: z.coerce.number() }), output: z.object({}) }),
});

/** Header lines of the calls that came back, one list a call. */
const seen: Lines[] = [];
const server = createServer((request, response) => {
  const { rawHeaders } = request;
  seen.push(rawHeaders.flatMap((name, index) => (index % 2 ? [] : [[name, rawHeaders[index + 1] ?? ''] as const])));
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
});
let upstream: Upstream;
let relays: Readonly<Record<'the typed client' | 'axios', StartedService>>;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  upstream = createUpstream('harness', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const typed = createClient(harness, upstream);
  const http = axios.create({ adapter: parleyAdapter(upstream) });
  const relaying = (call: (index: number) => Promise<unknown>) =>
    startService(relay, {
      relay: async ({ calls }) => {
        for (let index = 0; index < calls; index++) await call(index);
        return {};
      },
    });
  relays = {
    'the typed client': await relaying((index) => typed.call({ index })),
    axios: await relaying((index) => http.get('/call', { params: { index } })),
  };
});

afterAll(async () => {
  for (const service of Object.values(relays)) await service.stop();
  await upstream.close();
  server.closeAllConnections();
  server.close();
});

/** Sends header lines as they are. */
async function sendHttp1(url: string, path: string, lines: Lines): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const fields = [['Host', hostname], ['Connection', 'close'], ...lines].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.write(`GET ${path} HTTP/1.1\r\n${fields.join('')}\r\n`);
  return Number(/^HTTP\/1\.1 (\d+)/.exec(await text(socket))?.[1]);
}

/** HTTP/2 has names in lower case, and values without spaces around them (RFC 9113 §8.2). */
async function sendHttp2(url: string, path: string, lines: Lines): Promise<number> {
  const byName = Map.groupBy(lines, ([name]) => name.toLowerCase());
  const headers = [...byName].map(([name, all]) => [name, all.map(([, value]) => value.trim())]);
  const session = connectHttp2(url);
  const stream = session.request({ ':path': path, ...Object.fromEntries(headers) });
  const [head] = await once(stream, 'response');
  await text(stream);
  session.close();
  return head[':status'];
}

function traceparentOf(lines: Lines) {
  const found = lines.filter(([name]) => name.toLowerCase() === 'traceparent');
  expect(found).toHaveLength(1);
  const [, value = ''] = found[0] ?? [];
  const [, id, spanId, flags] = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/.exec(value) ?? [];
  if (!id || !spanId || !flags) throw new Error(`${value} is no traceparent`);
  return { id, spanId, flags: Number.parseInt(flags, 16) };
}

const member = /^([0-9a-z][_0-9a-z\-*/@]{0,255})=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])$/;

/** As the suite reads it: of a key that is there twice the first counts. */
function tracestateOf(lines: Lines): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  for (const [name, list] of lines) {
    if (name.toLowerCase() !== 'tracestate') continue;
    for (const one of list.split(/[ \t]*,[ \t]*/).filter((text) => text !== '')) {
      const [, key, value] = member.exec(one) ?? [];
      if (!key || !value) throw new Error(`${one} is no member of a tracestate`);
      if (!members.has(key)) members.set(key, value);
    }
  }
  return members;
}

function expectCall(lines: Lines, { trace, has = {}, lacks = [], state, members, isRandom }: Expected): string {
  const { id, spanId, flags } = traceparentOf(lines);
  if (trace === 'goes on') expect(id).toBe(traceId);
  if (trace === 'is new') expect(id).not.toContain(traceId.slice(1, -1));
  expect(spanId).not.toBe('1234567890123456');
  if (isRandom) expect(flags & 2).toBe(2);
  const known = tracestateOf(lines);
  for (const [key, value] of Object.entries(has)) expect(known.get(key)).toBe(value);
  for (const key of lacks) expect([...known.keys()]).not.toContain(key);
  if (members !== undefined) expect(known.size).toBe(members);
  if (state !== undefined) expect([...known].map(([key, value]) => `${key}=${value}`).join(',')).toBe(state);
  return spanId;
}

describe.each([
  ['HTTP/1.1', 'the typed client', sendHttp1],
  ['HTTP/1.1', 'axios', sendHttp1],
  ['HTTP/2', 'the typed client', sendHttp2],
] as const)('a request over %s that causes calls of %s', (_, client, send) => {
  it.each(cases.map((one): [string, Case] => [one.name, one]))('passes %s', async (_name, { steps, calls = 1 }) => {
    for (const [lines, expected] of steps) {
      seen.length = 0;
      expect(await send(relays[client].url, `/relay?calls=${calls}`, lines)).toBe(200);
      expect(seen).toHaveLength(calls);
      const spans = seen.map((call) => expectCall(call, expected));
      expect(new Set(spans).size).toBe(calls);
    }
  });
});

describe('the cases', () => {
  it('are all of the suite', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(41);
  });
});
