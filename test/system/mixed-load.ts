import { expect } from '@jest/globals';
import { ask } from '../public-api.ts';
import { type LoadRequest, type SteadyLoad, startLoad } from '../steady-load.ts';

const gets = ['/api/hello?name=Alice&language=fr', '/api/greetings', '/api/visits?limit=5', '/api/hello'];

/** A load of which every second request writes, with a key and a name of its own. */
export interface MixedLoad extends SteadyLoad {
  /** Expects that each write that was answered has been carried out, and none twice. */
  expectEachWriteOnce(): Promise<void>;
}

/** Starts it. For nightly tests: 200 requests a second, or `REQUESTS_PER_SECOND`. */
export function startMixedLoad(url: string): MixedLoad {
  const perSecond = Number(process.env.REQUESTS_PER_SECOND ?? 200);
  const run = Date.now().toString(36);
  const answered: string[] = [];
  const request = (n: number): LoadRequest =>
    n % 2 === 0
      ? {
          method: 'POST',
          path: '/api/visits',
          body: { name: `${run} ${n}` },
          headers: { 'idempotency-key': `"${run}-${n}"` },
        }
      : { path: gets[((n - 1) / 2) % gets.length] as string };
  const onSuccess = (body: string) => {
    const { name } = JSON.parse(body) as { name?: string };
    if (name?.startsWith(`${run} `)) answered.push(name);
  };
  const load = startLoad(url, { perSecond, request, onSuccess, repeatsShed: true });
  return {
    stop: () => load.stop(),
    async expectEachWriteOnce() {
      expect(answered.length).toBeGreaterThan(0);
      const kept = (await allVisitors(url)).filter((name) => name.startsWith(`${run} `));
      expect(kept.toSorted()).toEqual(answered.toSorted());
    },
  };
}

async function allVisitors(url: string): Promise<string[]> {
  const names: string[] = [];
  let cursor: unknown;
  do {
    const { status, body } = await ask(url, `/api/visits?limit=100${cursor ? `&cursor=${cursor}` : ''}`);
    if (status !== 200) throw new Error(`the list of visits answered ${status}`);
    names.push(...(body.visits as { name: string }[]).map(({ name }) => name));
    cursor = body.next;
  } while (cursor);
  return names;
}
