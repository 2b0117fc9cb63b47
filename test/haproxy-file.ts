import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withRoutes } from '../packages/local/src/gateways/haproxy/haproxy-text.ts';
import { parseRoutes } from '../packages/local/src/gateways/routes.ts';

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** `haproxy/haproxy.cfg` as it should be: with the routes of `nginx/routes.conf`. */
export function generatedHaproxyFile(): string {
  const routes = parseRoutes(readFileSync(path('nginx/routes.conf'), 'utf8'));
  return withRoutes(readFileSync(path('haproxy/haproxy.cfg'), 'utf8'), routes);
}

if (import.meta.main) writeFileSync(path('haproxy/haproxy.cfg'), generatedHaproxyFile());
