import { createFetchClient } from '@parley/client/fetch';
import { CallError } from '@parley/contract';
import { soldOut, stall } from './contract.ts';

const clientOf = (baseUrl: string) => createFetchClient(stall, { baseUrl });

/** What a call came to: JSON, so that it can leave the page. */
async function outcome(call: Promise<unknown>) {
  try {
    return { value: await call };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const { code, attempts, retryAfterMs } = error;
    return { code, attempts, retryAfterMs, left: soldOut.is(error) ? error.data?.left : undefined };
  }
}

/** The numbers of a stream, up to `most`, and the code of the error that ended it. */
async function numbers(items: AsyncIterable<{ n: number }>, most = Number.POSITIVE_INFINITY) {
  const seen: number[] = [];
  const reading = async () => {
    for await (const { n } of items) {
      seen.push(n);
      if (seen.length === most) return;
    }
  };
  return { ...(await outcome(reading())), seen };
}

/** A part of a picture: what the page sees of it. */
async function part(url: string) {
  const picture = await clientOf(url).picture({}, { range: { start: 1, end: 2 } });
  const { type, name, size, range } = picture;
  return { type, name, size, range, bytes: [...(await picture.bytes())] };
}

/** Calls that the test makes from outside of the page. */
const calls = {
  find: (url: string) => outcome(clientOf(url).findItem({ id: 'a/b é', language: 'fr', sizes: [1, 2] })),
  order: (url: string, count: number) => outcome(clientOf(url).order({ id: '7', count })),
  timeLeft: (url: string) => outcome(clientOf(url).timeLeft({}, { timeoutMs: 3_000, maxAttempts: 1 })),
  hang: (url: string) => outcome(clientOf(url).hang({}, { timeoutMs: 300, maxAttempts: 1 })),
  abort: (url: string) => outcome(clientOf(url).hang({}, { signal: AbortSignal.timeout(100) })),
  busy: (url: string) => outcome(clientOf(url).busy()),
  part: (url: string) => outcome(part(url)),
  upload: (url: string) =>
    outcome(clientOf(url).upload({ note: 'ü', file: new File(['text'], 'a.txt', { type: 'text/plain' }) })),
  read: (url: string, kind: 'events' | 'lines', most?: number) => numbers(clientOf(url)[kind](), most),
};
Object.assign(globalThis, { calls });

/** The type of what the page offers. */
export type PageCalls = typeof calls;
