import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { isCallError } from '@parley/contract';
import { guestbook } from '@parley/guestbook';
import { eventually } from '../../eventually.ts';
import { has } from '../../needs.ts';
import { isAlive, type RunningSystem, startSystem } from '../../running-system.ts';
import { startCalls } from '../../steady-load.ts';

const kills = 3;

describe.each(has('nginx') ? ['nginx', 'embedded'] : ['embedded'])('keyed calls of a client through %s', (gateway) => {
  let system: RunningSystem;
  let upstream: Upstream;

  beforeAll(async () => {
    system = await startSystem('--gateway', gateway);
    upstream = createUpstream('guestbook', system.url);
  }, 60_000);
  afterAll(async () => {
    await upstream?.close();
    expect(await system.stop()).toBe(0);
  }, 60_000);

  const pidOf = (replica: string, not?: number) =>
    eventually(() => {
      const started = system.lines.findLast((line) => line.replica === replica && line.state === 'ready')
        ?.pid as number;
      return started !== not && isAlive(started) ? started : undefined;
    });

  it('are all answered, and each has its effect once, though replicas are killed', async () => {
    const client = createClient(guestbook, upstream);
    const answered: string[] = [];
    let attempts = 0;
    const unsubscribe = upstream.subscribe({ onAttempt: () => void attempts++ });
    const load = startCalls(15, async (n) => {
      try {
        answered.push((await client.addVisit({ name: `visitor ${n}` })).id);
        return undefined;
      } catch (error) {
        return isCallError(error) ? error.code : String(error);
      }
    });
    for (let n = 0; n < kills; n++) {
      const replica = `guestbook-${1 + (n % 2)}`;
      const pid = await pidOf(replica);
      process.kill(pid, 'SIGKILL');
      await pidOf(replica, pid);
    }
    const { sent, lost } = await load.stop();
    unsubscribe();
    console.info(`${gateway}: ${JSON.stringify({ kills, sent, attempts, lost })}`);
    expect(lost).toEqual({});

    const kept: { id: string; name: string }[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listVisits({ limit: 100, ...(cursor && { cursor }) });
      kept.push(...page.visits);
      cursor = page.next;
    } while (cursor);
    expect(kept.map(({ id }) => id).sort()).toEqual(answered.sort());
    expect(new Set(kept.map(({ name }) => name)).size).toBe(sent);
  }, 60_000);
});
