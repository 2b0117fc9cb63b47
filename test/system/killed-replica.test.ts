import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { has } from '../needs.ts';
import { post } from '../public-api.ts';
import { isAlive, type RunningHouse, startHouse } from '../running-house.ts';
import { type LoadReport, startLoad } from '../steady-load.ts';

const services = ['greetings', 'hello', 'guestbook'];
const paths = [
  '/api/hello?name=Alice&language=fr',
  '/api/greetings',
  '/api/greetings/fr',
  '/api/visits?limit=5',
  '/api/hello',
];

describe.each(has('nginx') ? ['nginx', 'embedded'] : ['embedded'])(
  'a killed replica behind the %s gateway',
  (gateway) => {
    let house: RunningHouse;

    beforeAll(async () => {
      house = await startHouse('--gateway', gateway);
      await post(house.url, '/api/visits', { name: 'Ada' });
    }, 60_000);

    afterAll(async () => {
      expect(await house.stop()).toBe(0);
    }, 60_000);

    /** The process that serves a replica, once it is ready: the newest, and another one than `not`. */
    const pidOf = (replica: string, not?: number) =>
      eventually(() => {
        const started = house.lines.findLast((line) => line.replica === replica && line.state === 'ready')
          ?.pid as number;
        return started !== not && isAlive(started) ? started : undefined;
      });

    it('costs no GET, one of each service and two rounds of it, and is started again', async () => {
      let report: LoadReport;
      const load = startLoad(house.url, {
        perSecond: 100,
        request: (n) => ({ path: paths[n % paths.length] as string }),
      });
      try {
        await pause(1_000);
        for (const number of [1, 2]) {
          for (const service of services) {
            const pid = await pidOf(`${service}-${number}`);
            process.kill(pid, 'SIGKILL');
            await pidOf(`${service}-${number}`, pid);
          }
        }
      } finally {
        report = await load.stop();
      }
      console.info(`${gateway}: ${JSON.stringify(report)}`);
      expect(report.sent).toBeGreaterThan(300);
      expect(report.lost).toEqual({});
    }, 60_000);
  },
);
