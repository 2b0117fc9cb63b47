import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { createClient, createUpstream } from '@parley/client';
import { defineContract, post } from '@parley/contract';
import { sqliteStore } from '@parley/service/stores';
import { startService } from '@parley/service/testing';
import type { Request } from 'express';
import { z } from 'zod';

const charges = defineContract('charges', {
  charge: post('/charges', { summary: 'Takes money', safety: 'keyed', output: z.object({ id: z.string() }) }),
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

it('gives the answer of a keyed request that is still being carried out when its attempt has ended, and carries it out once', async () => {
  const folder = await mkdtemp(join(tmpdir(), `parley-charges-${process.pid}-`));
  closing.push(() => rm(folder, { recursive: true }));
  const taken: string[] = [];
  const paid = Promise.withResolvers<void>();
  const replica = async (name: string) => {
    const store = await sqliteStore(join(folder, 'answers.sqlite'));
    closing.push(() => store.close());
    const extras = ({ socket }: Request) => ({ cutConnection: () => void socket.destroy() });
    type Extras = ReturnType<typeof extras>;
    // As with a payment provider's SDK, it heeds no signal.
    const charge = async (_: unknown, { extras: { cutConnection } }: { extras: Extras }) => {
      taken.push(name);
      cutConnection();
      await paid.promise;
      return { id: name };
    };
    const service = await startService(charges, { charge }, { idempotency: { store }, extras });
    closing.push(() => service.stop());
    return service.url;
  };
  const urls = [await replica('a'), await replica('b')];
  const options = {
    callTimeoutMs: 120_000,
    attemptTimeoutMs: 60_000,
    maxAttempts: 2,
    backoffBaseMs: 0,
    backoffMaxMs: 0,
  };
  const upstream = createUpstream('charges', urls, options);
  closing.push(() => upstream.close());
  let looks = 0;
  upstream.interceptors.response.use((reply) => {
    if (reply.status === 409 && ++looks === 2) paid.resolve();
    return reply;
  });
  const { id } = await createClient(charges, upstream).charge();
  expect(taken).toEqual([id]);
  expect(looks).toBeGreaterThanOrEqual(2);
});
