import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedGateway } from '../packages/local/src/embedded-gateway.ts';
import type { Gateway } from '../packages/local/src/gateway.ts';
import { createNginxGateway, findNginx, type NginxGatewaySetting } from '../packages/local/src/nginx-gateway.ts';
import { freePort } from './running-house.ts';
import { root } from './source-files.ts';

/** Which gateway. */
export type GatewayName = 'nginx' | 'embedded';

/** A gateway of the house, in front of addresses of one's own. */
export interface RunningGateway {
  readonly port: number;
  stop(): Promise<void>;
}

/** Runs a gateway on a free port in front of `host:port` of each service; a service that is left out has no replica. */
export async function startGateway(
  name: GatewayName,
  addresses: Readonly<Record<string, string>>,
): Promise<RunningGateway> {
  const port = await freePort();
  const nobody = `127.0.0.1:${await freePort()}`;
  const services = ['greetings', 'hello', 'guestbook'];
  const folder = await mkdtemp(join(tmpdir(), 'parley-gateway-'));
  const gateway = await createGateway(name, {
    root,
    folder,
    port,
    addresses: new Map(services.map((service) => [service, [addresses[service] ?? nobody]])),
    variables: process.env,
    log: { event() {}, line() {} },
    readyTimeoutMs: 10_000,
    drainTimeoutMs: 1_000,
  });
  await gateway.start();
  const stop = async () => {
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { port, stop };
}

async function createGateway(name: GatewayName, setting: NginxGatewaySetting): Promise<Gateway> {
  if (name === 'embedded') return createEmbeddedGateway(setting);
  const nginx = await findNginx(process.env);
  if (!nginx) throw new Error('nginx is not on this machine');
  return createNginxGateway(nginx, setting);
}
