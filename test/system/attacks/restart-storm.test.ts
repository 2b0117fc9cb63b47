import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../eventually.ts';
import { has } from '../../needs.ts';
import { post } from '../../public-api.ts';
import { isAlive, type RunningHouse, startHouse } from '../../running-house.ts';
import { type LoadReport, startLoad } from '../../steady-load.ts';

const kills = 5;
const everyMs = 2_000;
const paths = ['/api/hello?name=Ada&language=fr', '/api/greetings/fr', '/api/visits?limit=5'];
const load = { perSecond: 50, request: (n: number) => ({ path: paths[n % paths.length] as string }) };

describe.each(has('nginx') ? ['nginx', 'embedded'] : ['embedded'])('replicas behind the %s gateway', (gateway) => {
  let house: RunningHouse;
  beforeAll(async () => {
    house = await startHouse('--gateway', gateway);
    await post(house.url, '/api/visits', { name: 'Ada' });
  }, 60_000);
  afterAll(async () => {
    expect(await house.stop()).toBe(0);
  }, 60_000);

  const newestPid = (replica: string) => {
    const pid = house.lines.findLast((line) => line.replica === replica && line.state === 'ready')?.pid as number;
    return isAlive(pid) ? pid : undefined;
  };
  const failures = ({ lost }: LoadReport) => Object.values(lost).reduce((sum, count) => sum + count, 0);

  it('serve while the same one is killed every 2 s, and lose nothing afterwards', async () => {
    const storm = startLoad(house.url, load);
    let killed = 0;
    for (let round = 0; round < kills; round++) {
      const pid = newestPid('hello-1');
      if (pid) process.kill(pid, 'SIGKILL');
      if (pid) killed++;
      await pause(everyMs);
    }
    const during = await storm.stop();
    await eventually(() => newestPid('hello-1'), 30_000);
    const calm = startLoad(house.url, load);
    await pause(2_000);
    const after = await calm.stop();
    console.info(`${gateway}: ${killed} killed: ${JSON.stringify({ during, after })}`);
    expect(killed).toBeGreaterThan(1);
    expect(failures(during)).toBeLessThan(during.sent / 10);
    expect(after.lost).toEqual({});
    const waits = house.lines.filter(({ replica, state }) => replica === 'hello-1' && state === 'restarting');
    expect(waits.map(({ msg }) => msg)).toEqual(
      Array.from({ length: killed }, () => 'hello-1 is restarting: killed by SIGKILL, again at once'),
    );
  }, 60_000);
});
