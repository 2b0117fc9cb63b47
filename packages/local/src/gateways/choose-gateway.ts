import type { GatewayKind } from '../command-line.ts';
import { LocalError } from '../local-error.ts';
import { createEmbeddedGateway } from './embedded/embedded-gateway.ts';
import type { Gateway } from './gateway.ts';
import { createNginxGateway, findNginx, type NginxGatewaySetting } from './nginx/nginx-gateway.ts';

/** The gateway that was asked for; if none was, nginx where there is one and the embedded one where there is none. */
export async function chooseGateway(kind: GatewayKind | undefined, setting: NginxGatewaySetting): Promise<Gateway> {
  if (kind === 'embedded') return createEmbeddedGateway(setting);
  const nginx = await findNginx(setting.variables);
  if (nginx) return createNginxGateway(nginx, setting);
  if (kind === undefined) return createEmbeddedGateway(setting);
  throw new LocalError('--gateway nginx: expected nginx on PATH, found none: install it, or use --gateway embedded');
}
