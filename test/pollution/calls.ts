import { createClient, createUpstream, parleyAdapter } from '@parley/client';
import axios from 'axios';
import { things } from './contract.ts';
import { type Pollution, polluted } from './polluted.ts';

// A process of its own, whose Object.prototype has a member more while it calls. Its parent holds the server.

const options = { maxAttempts: 1, callTimeoutMs: 2_000, circuitMinCalls: 100_000, circuitConsecutiveFailures: 100_000 };

/** The ways of calling, over upstreams of their own. */
function ways(address: string, http: '1.1' | '2', ca: string | undefined) {
  const all = { ...options, http, ...(ca !== undefined && { tls: { ca } }) };
  const upstream = createUpstream('things', address, all);
  const hooked = createUpstream('things', address, all);
  hooked.interceptors.request.use((config) => config);
  const intercepted = axios.create({ adapter: parleyAdapter(upstream) });
  intercepted.interceptors.request.use((config) => config);
  intercepted.interceptors.response.use((response) => response);
  return {
    client: createClient(things, upstream),
    hooked: createClient(things, hooked),
    plain: axios.create({ adapter: parleyAdapter(upstream) }),
    intercepted,
    close: () => Promise.all([upstream.close(), hooked.close()]),
  };
}

/** Makes one call of each kind, and tells how each of them ended. */
async function calls({ client, hooked, plain, intercepted }: ReturnType<typeof ways>): Promise<unknown[]> {
  return [
    await told(() => client.find({ id: '7', limit: 3 }, { timeoutMs: 1_500 })),
    await told(() => client.order({ name: 'a' }, { idempotencyKey: 'k' })),
    await told(() => client.refuse()),
    await told(async () => {
      for await (const { n } of client.watch()) return { n };
      return 'nothing';
    }),
    await told(() => hooked.find({ id: '8' })),
    await told(async () => (await plain.get('/axios', { params: { a: 1 } })).data),
    await told(async () => (await plain.post('/axios', { b: 2 }, { timeout: 1_500 })).data),
    await told(async () => (await intercepted.get('/axios', { headers: { 'x-own': '1' } })).data),
  ];
}

async function told(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: (await call()) ?? null };
  } catch (error) {
    const { code, message, data } = error as { code?: string; message: string; data?: unknown };
    return { code: code ?? null, message, data: data ?? null };
  }
}

interface Asked {
  readonly address: string;
  readonly http: '1.1' | '2';
  /** Of the server's certificate, where it speaks TLS. */
  readonly ca?: string;
  readonly pollution?: Pollution;
  /** The upstreams too are made while the member is there. */
  readonly made: boolean;
}

let before: ReturnType<typeof ways> | undefined;

process.on('message', async ({ address, http, ca, pollution, made }: Asked) => {
  if (!before) {
    before = ways(address, http, ca);
    await calls(before); // endpoints and connections are there then
  }
  const all = async () => {
    if (!made && before) return calls(before);
    const now = ways(address, http, ca);
    const ended = await calls(now);
    await now.close();
    return ended;
  };
  const ended = pollution ? await polluted(pollution, all) : await all();
  process.send?.(JSON.parse(JSON.stringify(ended)));
});
process.send?.('ready');
