import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import { type CallContext, defineContract, get, post, stream } from '@parley/contract';
import { z } from 'zod';
import { createApp } from '../src/app.ts';
import { createDualProtocolServer } from '../src/connections/dual-protocol-server.ts';
import { trackDualProtocolServer } from '../src/connections/track-dual-protocol-server.ts';
import { openSecureContext } from '../src/tls/secure-context.ts';
import { capturedLog } from './captured-log.ts';
import { certificate } from './certificates.ts';

const item = z.object({ text: z.string() });
const contract = defineContract('waiting', {
  wait: get('/wait', { summary: 'Never answers', output: z.object({}) }),
  blob: get('/blob', {
    summary: 'Answers with many bytes',
    input: z.object({ bytes: z.coerce.number().default(1_000_000) }),
    output: item,
  }),
  quick: get('/quick', { summary: 'Answers at once', output: z.object({}) }),
  write: post('/write', { summary: 'Takes a body', input: item, output: z.object({}) }),
  sse: get('/sse', { summary: 'Events', output: stream(item, { as: 'sse' }) }),
  ndjson: get('/ndjson', { summary: 'Lines', output: stream(item, { as: 'ndjson' }) }),
});
const own = await certificate();
const limits = { headersTimeout: 60_000, keepAliveTimeout: 60_000 };
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0).reverse()) close();
});

/** Closes something after the test. */
export function afterTest(close: () => void): void {
  open.push(close);
}

/**
 * A service, closed after the test, whose `/wait`, and whose streams after their first item, wait until their client has
 * left. It has 20 places. `counts` are of all handlers but `/quick` and `/write`: those that began, and those that ended.
 */
export async function waitingService(isTls: boolean) {
  const counts = { begun: 0, ended: 0 };
  async function* watch(_input: unknown, context?: CallContext) {
    counts.begun++;
    try {
      yield { text: 'first' };
      await hasLeft(context);
    } finally {
      counts.ended++;
    }
  }
  const handlers = {
    wait: async (_input: unknown, context?: CallContext) => {
      counts.begun++;
      await hasLeft(context);
      counts.ended++;
      return {};
    },
    blob: async ({ bytes }: { readonly bytes: number }) => {
      counts.begun++;
      counts.ended++;
      return { text: 'x'.repeat(bytes) };
    },
    quick: async () => ({}),
    write: async () => ({}),
    sse: watch,
    ndjson: watch,
  };
  const { logger, lines } = capturedLog();
  const app = createApp(contract, handlers, { logger, maxInFlight: 20, requestTimeoutMs: 600_000 });
  const dualServer = createDualProtocolServer(app, { limits, tls: isTls ? openSecureContext(own) : undefined });
  const connections = trackDualProtocolServer(dualServer);
  await once(dualServer.server.listen(0, '127.0.0.1'), 'listening');
  afterTest(() => dualServer.server.close());
  const { port } = dualServer.server.address() as AddressInfo;
  return { port, counts, connections, lines };
}

async function hasLeft({ signal }: CallContext = {}): Promise<void> {
  if (signal && !signal.aborted) await once(signal, 'abort');
}
