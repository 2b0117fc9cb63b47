import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defineContract, get, stream } from '@parley/contract';
import { z } from 'zod';
import { endHeaders, endStream, frame, frameTypes, headOf, preface, uint32 } from '../../../../test/http2-frames.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { ca, certificate } from '../../test-fixtures/certificates.ts';
import { createApp } from '../app.ts';
import { openSecureContext } from '../tls/secure-context.ts';
import { createDualProtocolServer } from './dual-protocol-server.ts';
import { trackDualProtocolServer } from './track-dual-protocol-server.ts';

const contract = defineContract('ends', {
  wait: get('/wait', { summary: 'Never answers', output: z.object({}) }),
  blob: get('/blob', { summary: 'Answers with many bytes', output: z.object({ text: z.string() }) }),
  sse: get('/sse', { summary: 'Events', output: stream(z.object({ text: z.string() }), { as: 'sse' }) }),
});
const own = await certificate();
const patience = AbortSignal.timeout(2_147_483_647);
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0).reverse()) close();
});

async function listening(isTls: boolean) {
  const counts = { begun: 0, ended: 0 };
  async function* sse(_input: unknown, context?: { readonly signal?: AbortSignal }) {
    counts.begun++;
    try {
      yield { text: 'first' };
      await wait(1e8, undefined, { signal: context?.signal ?? patience });
    } finally {
      counts.ended++;
    }
  }
  const handlers = {
    wait: async (_input: unknown, context?: { readonly signal?: AbortSignal }) => {
      counts.begun++;
      await wait(1e8, undefined, { signal: context?.signal ?? patience }).catch(() => counts.ended++);
      return {};
    },
    blob: async () => {
      counts.begun++;
      counts.ended++;
      return { text: 'x'.repeat(1_000_000) };
    },
    sse,
  };
  const { logger, lines } = capturedLog();
  const app = createApp(contract, handlers, { logger, maxInFlight: 20, requestTimeoutMs: 600_000 });
  const limits = { headersTimeout: 60_000, keepAliveTimeout: 60_000 };
  const dualServer = createDualProtocolServer(app, { limits, tls: isTls ? openSecureContext(own) : undefined });
  const connections = trackDualProtocolServer(dualServer);
  await once(dualServer.server.listen(0, '127.0.0.1'), 'listening');
  open.push(() => dualServer.server.close());
  const { port } = dualServer.server.address() as AddressInfo;
  const socket: Socket = isTls
    ? connectTls({ port, host: 'localhost', ca, ALPNProtocols: ['h2'] })
    : connect(port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  open.push(() => socket.destroy());
  socket.write(preface);
  return { socket, counts, connections, lines };
}

/** More than there are places. */
const rounds = 22;

/** Waits for an event, and not for a time. */
async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 1500 && !holds(); n++) await wait(5);
}

// Those of RFC 9113, and one that nobody has defined.
const resets = [0, 2, 8, 99];
/** What a client sends on a stream while its request runs. */
const ends: Record<string, (id: number) => Buffer> = {
  ...Object.fromEntries(
    resets.map((code) => [
      `RST_STREAM with code ${code}`,
      (id: number) => frame(frameTypes.reset, 0, id, uint32(code)),
    ]),
  ),
  'a window update of 0': (id) => frame(frameTypes.windowUpdate, 0, id, uint32(0)),
  'a window beyond the largest': (id) => frame(frameTypes.windowUpdate, 0, id, uint32(0x7f_ff_ff_ff)),
  'DATA after the end': (id) => frame(frameTypes.data, 0, id, Buffer.from('x')),
  'HEADERS after the end': (id) => frame(frameTypes.headers, endHeaders | endStream, id, headOf('/wait')),
  'a PRIORITY of a wrong length': (id) => frame(frameTypes.priority, 0, id, Buffer.alloc(4)),
};

describe.each(['cleartext', 'TLS'])('over %s, a stream that its client ends', (transport) => {
  const paths = ['/wait', '/blob', '/sse'];
  const cases = Object.entries(ends).flatMap(([what, end]) => paths.map((path) => ({ what, end, path })));
  it.each(cases)('by $what in the midst of $path has no place any more', async ({ end, path }) => {
    const { socket, counts, connections, lines } = await listening(transport === 'TLS');
    for (let n = 0; n < rounds && !socket.readableEnded && !socket.destroyed; n++) {
      const id = 2 * n + 1;
      socket.write(frame(frameTypes.headers, endHeaders | endStream, id, headOf(path)));
      await until(() => counts.begun > n || socket.destroyed);
      socket.write(end(id));
      await until(() => lines.length > n);
    }
    await until(() => counts.ended === counts.begun);
    expect(counts.ended).toBe(counts.begun);
    expect(lines).toHaveLength(counts.begun);
    for (const line of lines) expect(line).toMatchObject({ level: 'info', status: 499, msg: 'client went away' });
    expect(await connections.close(60_000)).toBe(0);
  });
});
