import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream } from '@parley/client';
import { isCallError } from '@parley/contract';
import { guestbook } from '@parley/guestbook';
import { type RunningService, startService } from '../running-service.ts';
import { type LoadRequest, startCalls, startLoad } from '../steady-load.ts';
import { underLoad } from './under-load.ts';
import { gateways, withSystem } from './with-system.ts';

/** Few, for machines that run other things too; what they take is a question of the machine, not of the drain. */
const perSecond = Number(process.env.REQUESTS_PER_SECOND ?? 50);
const gets = ['/api/hello?name=Alice&language=fr', '/api/greetings', '/api/visits?limit=5', '/api/hello'];

/** Half of them write, through all three services. */
const request = (n: number): LoadRequest =>
  n % 2 === 0
    ? { method: 'POST', path: '/api/visits', body: { name: `Ada ${n}` } }
    : { path: gets[((n - 1) / 2) % gets.length] as string };

describe.each(gateways)('a rolling restart behind %s', (gateway) => {
  const system = withSystem('--gateway', gateway);

  it('of every replica fails no request, half of them writes', async () => {
    const report = await underLoad(startLoad(system.running.url, { perSecond, request }), gateway, async () => {
      for (const { replica } of system.running.replicas) {
        const pid = await system.served(replica);
        process.kill(pid, 'SIGTERM');
        await system.served(replica, pid);
      }
    });
    expect(report.sent).toBeGreaterThan(perSecond * 2);
    expect(report.lost).toEqual({});
  }, 60_000);
});

describe('a rolling restart under the client', () => {
  let folder: string;
  let greetings: RunningService;
  let hello: RunningService;
  let replicas: RunningService[] = [];

  /** Longer than the client takes to see that a list has changed: 1 s. */
  const drainDelay = { DRAIN_DELAY_MS: '1500' };
  const startReplica = () => startService('guestbook', { HELLO_URL: hello.url, DATA_DIR: folder, ...drainDelay });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-rolling-'));
    greetings = await startService('greetings');
    hello = await startService('hello', { GREETINGS_URL: greetings.url });
    replicas = await Promise.all([startReplica(), startReplica()]);
  }, 60_000);

  afterAll(async () => {
    for (const service of [...replicas, hello, greetings]) expect(await service.stop()).toBe(0);
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  it('of every replica, each by a new one in the list, fails no call, half of them writes', async () => {
    const list = join(folder, 'guestbook.json');
    const publish = () => writeFile(list, JSON.stringify(replicas.map(({ url }) => url)));
    await publish();
    const upstream = createUpstream('guestbook', `file:${list}`);
    const { addVisit, listVisits } = createClient(guestbook, upstream);
    const call = async (n: number) => {
      try {
        await (n % 2 === 0 ? addVisit({ name: `Ada ${n}` }) : listVisits({ limit: 5 }));
        return undefined;
      } catch (error) {
        return `${n % 2 === 0 ? 'addVisit' : 'listVisits'} ${isCallError(error) ? error.code : error}`;
      }
    };
    const report = await underLoad(startCalls(perSecond, call), 'client', async () => {
      for (const old of [...replicas]) {
        const next = await startReplica();
        replicas = [...replicas.filter((one) => one !== old), next];
        await publish();
        expect(await old.stop()).toBe(0);
      }
    });
    await upstream.close();
    expect(report.sent).toBeGreaterThan(perSecond * 2);
    expect(report.lost).toEqual({});
  }, 60_000);
});
