import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readGatewayFiles } from './gateway-files.ts';
import { parseRoutes } from './nginx-files/nginx-routes.ts';
import { routeOf } from './table/routes.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-files-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('readGatewayFiles', () => {
  it('has the built-in configuration for a folder without nginx/, with the services and their paths', () => {
    const files = readGatewayFiles(root, new Map([['orders', ['/orders/{id}']]]));
    expect([...files.keys()].sort()).toEqual(
      readdirSync(join(repository, 'nginx'))
        .filter((name) => name.endsWith('.conf'))
        .sort(),
    );
    expect(files.get('upstreams.conf')).toMatch(/^upstream orders \{\n {2}zone orders/m);
    expect(files.get('routes.conf')).toContain('\nlocation /orders/ { proxy_pass http://orders; }\n');
    expect(files.get('routes.conf')).toContain('\nlocation / { return 404; }\n');
    expect(files.get('limits.conf')).toContain('\nlimit_conn connections_per_client 1000;\n');
  });

  it('has no location of its own where a service has all paths', () => {
    const files = readGatewayFiles(root, new Map([['web', ['/']]]));
    expect(files.get('routes.conf')?.match(/^location \/ \{/gm)).toHaveLength(1);
    expect(routeOf('/any', parseRoutes(files.get('routes.conf') ?? ''))?.service).toBe('web');
  });

  it("takes the folder's own files where it has routes, and the built-in ones where nginx/ is something else", () => {
    mkdirSync(join(root, 'nginx'));
    writeFileSync(join(root, 'nginx', 'default.conf'), 'server { }');
    expect(readGatewayFiles(root).has('default.conf')).toBe(false);
    writeFileSync(join(root, 'nginx', 'routes.conf'), '# mine');
    expect([...readGatewayFiles(root)]).toEqual([
      ['default.conf', 'server { }'],
      ['routes.conf', '# mine'],
    ]);
  });

  it('has what its user keeps in local/', () => {
    mkdirSync(join(root, 'nginx/local'), { recursive: true });
    writeFileSync(join(root, 'nginx/routes.conf'), '');
    writeFileSync(join(root, 'nginx/local/pages.conf'), '# pages');
    writeFileSync(join(root, 'nginx/local/README.md'), '');
    expect([...readGatewayFiles(root).keys()]).toEqual(['routes.conf', 'local/pages.conf']);
  });
});
