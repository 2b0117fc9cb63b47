import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { CacheUse } from '@parley/contract';
import { someReply, someRequest } from '../../test-fixtures/sample.ts';
import { type Answering, ScriptedUpstream } from '../../test-fixtures/scripted-upstream.ts';
import { createAxios } from '../axios/axios.ts';
import { parleyAdapter } from '../axios/parley-adapter.ts';
import type { Attempt } from '../layer.ts';

let scripted: ScriptedUpstream;
afterEach(() => scripted.close());

const fresh = { 'cache-control': 'private, max-age=60' };

/** An upstream with a cache, and the attempts that it makes. */
function cached(answer: Answering, options: ConstructorParameters<typeof ScriptedUpstream>[1] = {}) {
  const attempts: Attempt[] = [];
  const counting: Answering = (attempt) => {
    attempts.push(attempt);
    return answer(attempt);
  };
  scripted = new ScriptedUpstream({ a: counting }, { cache: true, ...options });
  return { upstream: scripted.upstream, attempts, clock: scripted.clock };
}

describe('the cache of an upstream', () => {
  it('is not there unless it is asked for', async () => {
    const { upstream, attempts } = cached(async () => someReply(200, fresh), { cache: false });
    const uses: CacheUse[] = [];
    upstream.subscribe({ onCache: (use) => void uses.push(use) });
    for (let call = 0; call < 2; call++) await upstream.send(someRequest());
    expect([attempts.length, uses]).toEqual([2, []]);
  });

  it('sends calls through the axios adapter once, as all others', async () => {
    const { upstream, attempts } = cached(async () => someReply(200, fresh, '{"id":7}'));
    const adapter = parleyAdapter(upstream);
    const config = () => ({ adapter, method: 'get', url: '/api/things/7', headers: {} });
    const axios = createAxios();
    const sent = Array.from({ length: 100 }, () => axios.request(config()));
    const replies = await Promise.all(sent);
    expect(attempts).toHaveLength(1);
    expect(new Set(replies.map(({ data }) => String(data)))).toEqual(new Set(['{"id":7}']));
    expect((await axios.request(config())).headers['cache-status']).toBe('parley; hit; ttl=60');
  });

  it('retries what it has to ask, and takes the reply of the last attempt', async () => {
    let number = 0;
    const { upstream, attempts, clock } = cached(async () =>
      ++number < 3 ? someReply(503) : someReply(200, fresh, 'one'),
    );
    expect((await clock.run(upstream.send(someRequest()))).body).toBe('one');
    expect((await upstream.send(someRequest())).body).toBe('one');
    expect(attempts).toHaveLength(3);
  });

  it('gives nobody the reply to a token of somebody else, though the token is no header of the call', async () => {
    const user = new AsyncLocalStorage<string>();
    const { upstream, attempts } = cached(async ({ headers }) => someReply(200, fresh, headers.authorization), {
      token: () => user.getStore() ?? 'nobody',
    });
    const ask = (name: string) => user.run(name, () => upstream.send(someRequest()));
    const bodies = await Promise.all(['alice', 'bob', 'alice', 'bob'].map(async (name) => (await ask(name)).body));
    expect(bodies).toEqual(['Bearer alice', 'Bearer bob', 'Bearer alice', 'Bearer bob']);
    expect((await ask('alice')).body).toBe('Bearer alice');
    expect(attempts).toHaveLength(2);
  });

  it('asks the service where interceptors may tell callers apart', async () => {
    const { upstream, attempts } = cached(async () => someReply(200, fresh));
    await upstream.send(someRequest());
    upstream.interceptors.request.use((config) => config);
    await upstream.send(someRequest());
    expect(attempts).toHaveLength(2);
  });

  it('tells listeners of each call that reads', async () => {
    const { upstream } = cached(async () => someReply(200, fresh));
    const uses: CacheUse[] = [];
    upstream.subscribe({ onCache: (use) => void uses.push(use) });
    for (let call = 0; call < 2; call++) await upstream.send(someRequest());
    const operation = 'GET /api/things/{id}';
    expect(uses).toEqual([
      { upstream: 'things', operation, result: 'miss' },
      { upstream: 'things', operation, result: 'hit' },
    ]);
  });

  it('cannot be changed while the upstream is open', () => {
    const { upstream } = cached(async () => someReply());
    expect(() => upstream.configure({ cache: false } as object)).toThrow(/^cache cannot be changed/);
  });
});
