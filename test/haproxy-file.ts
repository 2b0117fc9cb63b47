import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorFiles, withRoutes } from '../packages/local/src/gateways/haproxy/haproxy-text.ts';
import { parseRoutes } from '../packages/local/src/gateways/routes.ts';

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** The files of `haproxy/` as they should be, by path: with the routes of `nginx/routes.conf`. */
export function generatedHaproxyFiles(): ReadonlyMap<string, string> {
  const routes = parseRoutes(readFileSync(path('nginx/routes.conf'), 'utf8'));
  const errors = [...errorFiles()].map(([name, text]) => [`haproxy/errors/${name}`, text] as const);
  const configuration = withRoutes(readFileSync(path('haproxy/haproxy.cfg'), 'utf8'), routes);
  return new Map([['haproxy/haproxy.cfg', configuration], ...errors]);
}

if (import.meta.main) {
  mkdirSync(path('haproxy/errors'), { recursive: true });
  for (const [name, text] of generatedHaproxyFiles()) writeFileSync(path(name), text);
}
