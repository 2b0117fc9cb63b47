import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { post } from '../public-api.ts';
import { type LoadReport, startLoad } from '../steady-load.ts';
import { gateways, withHouse } from './with-house.ts';

const kills = 4;
const longestMs = 25_000;
const everyMs = 2_000;
const paths = ['/api/hello?name=Ada&language=fr', '/api/greetings/fr', '/api/visits?limit=5'];
const load = { perSecond: 50, request: (n: number) => ({ path: paths[n % paths.length] as string }) };

describe.each(gateways)('replicas behind the %s gateway', (gateway) => {
  const house = withHouse('--gateway', gateway);
  beforeAll(() => post(house.running.url, '/api/visits', { name: 'Ada' }));

  const failures = ({ lost }: LoadReport) => Object.values(lost).reduce((sum, count) => sum + count, 0);

  it('serve while one of the same two is killed every 2 s, and lose nothing afterwards', async () => {
    const storm = startLoad(house.running.url, load);
    let killed = 0;
    const startMs = performance.now();
    while (killed < kills && performance.now() - startMs < longestMs) {
      const [victim, other]: readonly [string, string] =
        killed % 2 === 0 ? ['hello-1', 'hello-2'] : ['hello-2', 'hello-1'];
      const pid = house.pidOf(victim);
      // On a machine so busy that the other is not there yet, no way to start a replica could save the service.
      if (pid && house.pidOf(other)) {
        process.kill(pid, 'SIGKILL');
        killed++;
      }
      await pause(everyMs);
    }
    const during = await storm.stop();
    for (const replica of ['hello-1', 'hello-2']) await house.served(replica);
    const calm = startLoad(house.running.url, load);
    await pause(2_000);
    const after = await calm.stop();
    const seconds = Math.round((performance.now() - startMs) / 1_000);
    console.info(`${gateway}: ${killed} killed in ${seconds} s: ${JSON.stringify({ during, after })}`);
    expect(killed).toBeGreaterThan(1);
    expect(failures(during)).toBeLessThan(during.sent / 10);
    expect(after.lost).toEqual({});
    const restarts = house.running.lines.filter(({ state }) => state === 'restarting').map(({ msg }) => String(msg));
    expect(restarts).toHaveLength(killed);
    expect(restarts.filter((msg) => !msg.endsWith('is restarting: killed by SIGKILL, again at once'))).toEqual([]);
  }, 60_000);
});
