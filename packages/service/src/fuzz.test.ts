import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { brokenHttp1, brokenHttp2 } from '../test-fixtures/broken-bytes.ts';
import { exchange, faultOverHttp1 } from '../test-fixtures/fuzz-http1.ts';
import { faultOverHttp2, sendBytes } from '../test-fixtures/fuzz-http2.ts';
import { type FuzzService, startFuzzService } from '../test-fixtures/fuzz-service.ts';
import { type OddRequest, oddRequest } from '../test-fixtures/odd-requests.ts';

/** `npm run test:fuzz` asks for 100 000. */
const requestCount = Number(process.env.FUZZ_REQUESTS || 3000);
const seed = Number(process.env.FUZZ_SEED || Date.now() % 1_000_000_000);
const perConnection = 20;
const atOnce = 8;
/** More than noise in a heap after a collection, about 100 bytes for each of 80 000 requests. */
const mostGrowthBytes = 8 * 1024 * 1024;

let service: FuzzService;
beforeAll(async () => {
  service = await startFuzzService();
});
afterAll(async () => {
  await service.stop();
});

const requestsAnd = (broken: fc.Arbitrary<Buffer>) =>
  fc.tuple(fc.array(oddRequest, { minLength: perConnection - 1, maxLength: perConnection - 1 }), broken);

/** Sends a share of all requests, and answers with the first fault. */
async function send(protocol: string, count: number, salt: number): Promise<string | undefined> {
  const { plain, secure } = service.ports;
  const left = Math.ceil(count / perConnection);
  let sent = 0;
  let fault: string | undefined;
  const isTls = protocol === 'HTTP/2 over TLS';
  const url = isTls ? `https://localhost:${secure}` : `http://127.0.0.1:${plain}`;
  const overHttp2 = async (requests: OddRequest[], broken: Buffer) => {
    const found = await faultOverHttp2(url, requests);
    await sendBytes(isTls ? secure : plain, isTls, broken);
    return found;
  };
  const overHttp1 = (requests: OddRequest[], broken: Buffer) => faultOverHttp1(plain, requests, broken);
  const [connection, exchanged] =
    protocol === 'HTTP/1.1' ? [requestsAnd(brokenHttp1), overHttp1] : [requestsAnd(brokenHttp2), overHttp2];
  const worker = async () => {
    while (sent < left && !fault) {
      const batch = Math.min(50, left - sent);
      sent += batch;
      for (const [requests, broken] of fc.sample(connection, { numRuns: batch, seed: seed + salt + sent })) {
        const found = await exchanged(requests, broken);
        if (found) fault = found;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return fault;
}

async function sendAll(share: number, salt: number): Promise<(string | undefined)[]> {
  const count = requestCount * share;
  const faults: (string | undefined)[] = [];
  faults.push(await send('HTTP/1.1', count * 0.6, salt));
  faults.push(await send('cleartext HTTP/2', count * 0.2, salt + 1));
  faults.push(await send('HTTP/2 over TLS', count * 0.2, salt + 2));
  return faults.filter(Boolean);
}

describe('a service', () => {
  it(`answers ${requestCount} bad requests with no 5xx, no crash, and no growth of memory (seed ${seed})`, async () => {
    expect(await sendAll(0.2, 0)).toEqual([]);
    const beforeBytes = await service.memoryBytes();
    expect(await sendAll(0.8, 3_000_000)).toEqual([]);
    const growthBytes = (await service.memoryBytes()) - beforeBytes;
    expect(growthBytes).toBeLessThan(mostGrowthBytes);

    const good = Buffer.from('GET /api/visits/latest HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await exchange(service.ports.plain, good, 1)).toMatch(/^HTTP\/1.1 200 /);
    expect(service.log()).toBe('');
    if (requestCount > 3000)
      console.log(`heap and buffers grew by ${Math.round(growthBytes / 1024)} KiB, seed ${seed}`);
  }, 600_000);
});
