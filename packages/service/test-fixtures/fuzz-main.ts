import { memoryStore, run, serve } from '../src/index.ts';
import { visits, visitsHandlers } from './visits.ts';

// The visits of the other tests, once in cleartext and once over TLS, in a process whose memory can be measured.
await run(async () => {
  const handlers = visitsHandlers({
    getVisit: async () => ({ id: '1', name: 'Ada' }),
    listVisits: async ({ limit }) => ({ names: Array<string>(limit).fill('Ada') }),
    addVisit: async () => ({ id: '1', name: 'Ada' }),
  });
  const { TLS_CERT: cert = '', TLS_KEY: key = '' } = process.env;
  const settings = { port: 0, adminPort: 0, host: '127.0.0.1', drainDelayMs: 0 };
  // One caller that floods would be refused for that, whatever it sends.
  // Kept answers have a bound of their own; here it is small, so that other growth shows.
  const idempotency = { store: memoryStore({ maxBytes: 1_000_000 }) };
  const options = { idempotency, settings, bodyLimitBytes: 5000, maxInFlight: Number.POSITIVE_INFINITY };
  const plain = await serve(visits, handlers, options);
  const secure = await serve(visits, handlers, { ...options, tls: { cert, key } });
  process.on('message', () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    process.send?.({ bytes: heapUsed + external });
  });
  process.send?.({ plain: plain.port, secure: secure.port });
  return plain;
});
