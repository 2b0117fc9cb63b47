import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { post } from '../public-api.ts';
import { type LoadReport, startLoad } from '../steady-load.ts';
import { gateways, withSystem } from './with-system.ts';

const kills = 4;
const longestMs = 25_000;
const everyMs = 2_000;
const paths = ['/api/hello?name=Ada&language=fr', '/api/greetings/fr', '/api/visits?limit=5'];
const load = { perSecond: 50, request: (n: number) => ({ path: paths[n % paths.length] as string }) };

describe.each(gateways)('replicas behind the %s gateway', (gateway) => {
  const system = withSystem('--gateway', gateway);
  beforeAll(() => post(system.running.url, '/api/visits', { name: 'Ada' }));

  const failures = ({ lost }: LoadReport) => Object.values(lost).reduce((sum, count) => sum + count, 0);

  it('serve while one of the same two is killed every 2 s, and lose nothing afterwards', async () => {
    const storm = startLoad(system.running.url, load);
    let killed = 0;
    const startMs = performance.now();
    while (killed < kills && performance.now() - startMs < longestMs) {
      const [victim, other]: readonly [string, string] =
        killed % 2 === 0 ? ['hello-1', 'hello-2'] : ['hello-2', 'hello-1'];
      const pid = system.pidOf(victim);
      // On a machine so busy that the other is not there yet, no way to start a replica could save the service.
      if (pid && system.pidOf(other)) {
        process.kill(pid, 'SIGKILL');
        killed++;
      }
      await pause(everyMs);
    }
    const during = await storm.stop();
    for (const replica of ['hello-1', 'hello-2']) await system.served(replica);
    const calm = startLoad(system.running.url, load);
    await pause(2_000);
    const after = await calm.stop();
    const seconds = Math.round((performance.now() - startMs) / 1_000);
    console.info(`${gateway}: ${killed} killed in ${seconds} s: ${JSON.stringify({ during, after })}`);
    expect(killed).toBeGreaterThan(1);
    expect(failures(during)).toBeLessThan(during.sent / 10);
    expect(after.lost).toEqual({});
    const restarts = system.running.lines.filter(({ state }) => state === 'restarting').map(({ msg }) => String(msg));
    expect(restarts).toHaveLength(killed);
    expect(restarts.filter((msg) => !msg.endsWith('is restarting: killed by SIGKILL, again at once'))).toEqual([]);
  }, 60_000);
});
