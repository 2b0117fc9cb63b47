import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningSystem, startSystem } from '../running-system.ts';

describe('keyed requests through the gateway to two replicas', () => {
  let system: RunningSystem;
  beforeAll(async () => {
    system = await startSystem();
  }, 60_000);
  afterAll(() => system?.stop());

  it('are carried out once for each of 12 keys that come three times, one after the other or together', async () => {
    const sign = (key: string) =>
      fetch(`${system.url}/api/visits`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ name: key }),
      });
    const replies: Response[] = [];
    for (let n = 0; n < 12; n++) {
      const key = `key-${n}`;
      if (n % 2) replies.push(...(await Promise.all([sign(key), sign(key), sign(key)])));
      else for (let i = 0; i < 3; i++) replies.push(await sign(key));
    }
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 36 }, () => 201));
    const listed = await fetch(`${system.url}/api/visits?limit=100`);
    const { visits } = (await listed.json()) as { visits: { name: string }[] };
    expect(visits.map(({ name }) => name).sort()).toEqual(Array.from({ length: 12 }, (_, n) => `key-${n}`).sort());
  });
});
