import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { gatewaysHere } from '../running-gateway.ts';
import { startMixedLoad } from './mixed-load.ts';
import { underLoad } from './under-load.ts';
import { withSystem } from './with-system.ts';

const kills = 100;
/** HAProxy finds out by a check, four times a second, that a replica is back: docs/gateways.md. The others find out by a request. */
const betweenMs: Readonly<Record<string, number>> = { haproxy: 500 };

describe.each(gatewaysHere())('behind %s', (gateway) => {
  const system = withSystem('--gateway', gateway);

  it(`${kills} kills of random replicas cost no GET and no write with a key, and no write happens twice`, async () => {
    const replicas = system.running.replicas.map(({ replica }) => replica);
    const load = startMixedLoad(system.running.url);
    const report = await underLoad(load, `${kills} kills behind ${gateway}`, async () => {
      for (let n = 0; n < kills; n++) {
        const replica = replicas[Math.floor(Math.random() * replicas.length)] as string;
        const pid = await system.served(replica);
        process.kill(pid, 'SIGKILL');
        await system.served(replica, pid);
        await pause(betweenMs[gateway] ?? 0);
      }
    });
    expect(report.lost).toEqual({});
    await load.expectEachWriteOnce();
  }, 900_000);
});
