import { loopback } from '../../ports/ports.ts';
import { unknownService } from '../gateway.ts';

/** What differs between the project's configuration and the one for this machine. */
export interface LocalHaproxySetting {
  readonly port: number;
  /** `host:port` of each service's replicas. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
}

/** `haproxy.cfg` for this machine: the same except for the host's settings, the port to listen on and the replicas. */
export function localHaproxyConfiguration(text: string, { port, addresses }: LocalHaproxySetting): string {
  return withoutSection('resolvers names', withoutSection('frontend operators', text))
    .replace(/^ *(?:log stdout|log-format|nbthread) .*\n/gm, '')
    .replace(/^( *)bind :8080\b/m, `$1bind ${loopback}:${port}`)
    .replace(/^( *)server-template ([\w.-]+) .*\n/gm, (_line, indent, name) => {
      const replicas = addresses.get(name);
      if (!replicas) throw unknownService(name);
      return replicas.map((address, n) => `${indent}server ${name}-${n + 1} ${address}\n`).join('');
    });
}

/** A section and the comment above it. */
function withoutSection(name: string, text: string): string {
  return text.replace(new RegExp(`^(?:#.*\\n)*${name}\\n(?:[ ].*\\n)+`, 'm'), '');
}
