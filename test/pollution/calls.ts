import { createClient, createUpstream, parleyAdapter } from '@parley/client';
import axios from 'axios';
import { things } from './contract.ts';
import { type Kind, polluted } from './polluted.ts';

// A process of its own, whose Object.prototype has a member more while it calls. Its parent holds the server.

const address = process.argv[2] as string;
const options = { maxAttempts: 1, callTimeoutMs: 2_000, circuitMinCalls: 100_000, circuitConsecutiveFailures: 100_000 };

/** The ways of calling, over upstreams of their own. */
function ways() {
  const upstream = createUpstream('things', address, options);
  const hooked = createUpstream('things', address, options);
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

const before = ways();
await calls(before); // endpoints and connections are there then

/** `made`: the upstreams too are made while the member is there. */
process.on('message', async ({ name, kind, made }: { name: string; kind: Kind; made: boolean }) => {
  const all = async () => {
    if (!made) return calls(before);
    const now = ways();
    const ended = await calls(now);
    await now.close();
    return ended;
  };
  const ended = name === '' ? await all() : await polluted(name, kind, all);
  process.send?.(JSON.parse(JSON.stringify(ended)));
});
process.send?.('ready');
