import { beforeAll, describe, expect, it } from '@jest/globals';
import { post } from '../public-api.ts';
import { startLoad } from '../steady-load.ts';
import { underLoad } from './under-load.ts';
import { gateways, withSystem } from './with-system.ts';

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
  const system = withSystem('--gateway', gateway);
  beforeAll(() => post(system.running.url, '/api/visits', { name: 'Ada' }));

  it('costs no GET, one of each service and two rounds of it, and is started again', async () => {
    const report = await underLoad(
      startLoad(system.running.url, { perSecond: 100, request, repeatsShed: true }),
      gateway,
      async () => {
        for (const number of [1, 2]) {
          for (const service of services) {
            const pid = await system.served(`${service}-${number}`);
            process.kill(pid, 'SIGKILL');
            await system.served(`${service}-${number}`, pid);
          }
        }
      },
    );
    expect(report.sent).toBeGreaterThan(300);
    expect(report.lost).toEqual({});
  }, 60_000);
});
