import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { gatewaysHere } from '../running-gateway.ts';
import { root } from '../source-files.ts';
import { startMixedLoad } from './mixed-load.ts';
import { underLoad } from './under-load.ts';
import { withSystem } from './with-system.ts';

const services = ['greetings', 'hello', 'guestbook'];
const rollouts = 30;

describe.each(gatewaysHere())('behind %s', (gateway) => {
  const system = withSystem('--gateway', gateway);

  it(`${rollouts} rollouts lose no request, and no write happens twice`, async () => {
    const { port } = new URL(system.running.url);
    const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
    const load = startMixedLoad(system.running.url);
    const report = await underLoad(load, `${rollouts} rollouts behind ${gateway}`, async () => {
      for (let n = 0; n < rollouts; n++) {
        const service = services[n % services.length] as string;
        const args = [...flags, 'packages/cli/src/main.ts', 'rollout', service, '--json', '--port', port];
        const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
        expect(JSON.parse(stdout)).toMatchObject({ service, replaced: [{}, {}] });
      }
    });
    expect(report.lost).toEqual({});
    await load.expectEachWriteOnce();
  }, 900_000);
});
