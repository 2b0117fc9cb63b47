import type { GatewayKind } from '../command-line.ts';
import { LocalError } from '../local-error.ts';
import type { Gateway } from './gateway.ts';
import { createHaproxyGateway, findHaproxy } from './haproxy/haproxy-gateway.ts';
import { createNginxGateway, findNginx } from './nginx/nginx-gateway.ts';
import type { ProcessGatewaySetting } from './process-gateway.ts';

/** Makes a gateway. Throws where its configuration does not fit the services. */
export type CreateGateway = (setting: ProcessGatewaySetting) => Gateway;

/** The gateway that was asked for; if none was, nginx where there is one and the embedded one where there is none. */
export async function chooseGateway(
  kind: GatewayKind | undefined,
  variables: NodeJS.ProcessEnv,
): Promise<CreateGateway> {
  if (kind === 'embedded') return embedded();
  if (kind === 'haproxy') {
    const haproxy = await findHaproxy(variables);
    if (haproxy) return (setting) => createHaproxyGateway(haproxy, setting);
    throw new LocalError(
      '--gateway haproxy: expected haproxy on PATH, found none: install it, or use --gateway embedded',
    );
  }
  const nginx = await findNginx(variables);
  if (nginx) return (setting) => createNginxGateway(nginx, setting);
  if (kind === undefined) return embedded();
  throw new LocalError('--gateway nginx: expected nginx on PATH, found none: install it, or use --gateway embedded');
}

/** Loaded where it is needed only: it brings the client of `@parley/client`. */
async function embedded(): Promise<CreateGateway> {
  return (await import('./embedded/embedded-gateway.ts')).createEmbeddedGateway;
}
