import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, parleyAdapter, type Upstream } from '@parley/client';
import { defineContract, post } from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import axios from 'axios';
import { z } from 'zod';
import { ca, certificate } from '../packages/service/test-fixtures/certificates.ts';

const notes = defineContract('notes', {
  add: post('/api/notes', { summary: 'Adds', input: z.object({ text: z.string() }), output: z.object({}) }),
});
const own = await certificate();

describe.each([
  ['HTTP/1.1', '1.1', undefined],
  ['cleartext HTTP/2', '2', undefined],
  ['HTTP/1.1 over TLS', '1.1', own],
  ['HTTP/2 over TLS', '2', own],
] as const)('a client that still sends when its service answers, over %s', (_name, http, tls) => {
  const large = 20_000_000;
  const pieces = Array<Buffer>(large / 100_000).fill(Buffer.alloc(100_000));
  let service: StartedService;
  let upstream: Upstream;
  beforeAll(async () => {
    service = await startService(notes, { add: async () => ({}) }, { ...(tls && { tls }) });
    const url = service.url.replace('127.0.0.1', 'localhost');
    const times = { callTimeoutMs: 60_000, attemptTimeoutMs: 20_000 }; // a busy machine needs long for 20 MB
    upstream = createUpstream('notes', url, { http, ...times, ...(tls && { tls: { ca } }) });
  });
  afterAll(async () => {
    await upstream.close();
    await service.stop();
  });

  it('gets the status of the answer, typed', async () => {
    const client = createClient(notes, upstream);
    for (let i = 0; i < 3; i++) {
      await expect(client.add({ text: 'x'.repeat(large) })).rejects.toMatchObject({
        code: 'body_too_large',
        status: 413,
      });
    }
    expect(await client.add({ text: 'short' })).toEqual({});
  });

  it.each([
    ['bytes', () => Buffer.alloc(large)],
    ['a stream', () => Readable.from(pieces)],
  ])('gets the status of the answer through axios, where the body is %s', async (_what, body) => {
    const http = axios.create({ adapter: parleyAdapter(upstream), validateStatus: () => true });
    const send = (path: string, type: string) =>
      http.post(path, body(), { headers: { 'content-type': type }, maxBodyLength: Number.POSITIVE_INFINITY });
    for (let i = 0; i < 3; i++) {
      expect((await send('/nowhere', 'application/json')).status).toBe(404);
      expect((await send('/api/notes', 'text/plain')).status).toBe(415);
      expect((await send('/api/notes', 'application/json')).status).toBe(413);
    }
  });
});
