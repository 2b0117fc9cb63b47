import { beforeAll, describe, expect, it } from '@jest/globals';
import { post } from '../public-api.ts';
import { startLoad } from '../steady-load.ts';
import { underLoad } from './under-load.ts';
import { gateways, withHouse } from './with-house.ts';

const services = ['greetings', 'hello', 'guestbook'];
const paths = [
  '/api/hello?name=Alice&language=fr',
  '/api/greetings',
  '/api/greetings/fr',
  '/api/visits?limit=5',
  '/api/hello',
];
const request = (n: number) => ({ path: paths[n % paths.length] as string });

describe.each(gateways)('a killed replica behind the %s gateway', (gateway) => {
  const house = withHouse('--gateway', gateway);
  beforeAll(() => post(house.running.url, '/api/visits', { name: 'Ada' }));

  it('costs no GET, one of each service and two rounds of it, and is started again', async () => {
    const report = await underLoad(
      startLoad(house.running.url, { perSecond: 100, request, repeatsShed: true }),
      gateway,
      async () => {
        for (const number of [1, 2]) {
          for (const service of services) {
            const pid = await house.served(`${service}-${number}`);
            process.kill(pid, 'SIGKILL');
            await house.served(`${service}-${number}`, pid);
          }
        }
      },
    );
    expect(report.sent).toBeGreaterThan(300);
    expect(report.lost).toEqual({});
  }, 60_000);
});
