import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { acceptsConnections } from '../../packages/local/src/ports/readiness.ts';
import { eventually } from '../eventually.ts';
import { type GatewayName, type GatewayProgram, gatewayProgram, kindOf, testedGateways } from '../running-gateway.ts';
import { freePort } from '../running-system.ts';
import { root } from '../source-files.ts';

const configuration = readFileSync(join(root, 'nginx/nginx.conf'), 'utf8');

/** nginx with the gateway's notion of a client, and one request a minute for each. It believes us which address a client has. */
async function limitedNginx(name: GatewayName) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-network-'));
  const { command, remove } = (await gatewayProgram(name, folder)) as GatewayProgram;
  const port = await freePort();
  const [map = ''] = /map \$binary_remote_addr \$client_network \{[\s\S]*?\n {2}\}\n/.exec(configuration) ?? [];
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(join(folder, 'found'), '');
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log stderr emerg; worker_processes 1; user root;
events {}
http {
  access_log off;
  ${scratch.join(' ')}
  ${map}
  limit_req_zone $client_network zone=clients:1m rate=1r/m;
  limit_req zone=clients;
  limit_req_status 429;
  set_real_ip_from 127.0.0.1;
  real_ip_header X-Client;
  server { listen 127.0.0.1:${port}; root ${folder}; }
}`,
  );
  const nginx = spawn(command, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], { stdio: 'ignore' });
  await eventually(async () => ((await acceptsConnections(port)) ? true : undefined));
  const statusFor = async (client: string) =>
    (await fetch(`http://127.0.0.1:${port}/found`, { headers: { 'x-client': client } })).status;
  const stop = async () => {
    nginx.kill();
    await once(nginx, 'exit');
    await remove();
    rmSync(folder, { recursive: true });
  };
  return { statusFor, stop };
}

describe.each(testedGateways())('a client of %s', (name) => {
  // The others have tests of their own beside their code.
  (kindOf(name) === 'nginx' ? it : it.skip)(
    'is an IPv4 address, mapped into IPv6 or not, or the first 64 bits of an IPv6 address',
    async () => {
      const limits = readFileSync(join(root, 'nginx/limits.conf'), 'utf8');
      expect(limits).toMatch(/^limit_req_zone \$client_network /m);
      expect(limits).toMatch(/^limit_conn_zone \$client_network /m);
      const nginx = await limitedNginx(name);
      const clients: readonly (readonly string[])[] = [
        ['10.0.0.1', '::ffff:10.0.0.1', '::ffff:a00:1'],
        ['::ffff:10.0.0.2', '10.0.0.2'],
        ['2001:db8::1', '2001:db8::ffff:1', '2001:db8:0:0:a:0:0:0', '2001:db8::a:b:c:d'],
        ['2001:db8:0:1::1', '2001:db8:0:1:a::a0a'],
        // Bytes that are line ends.
        ['2001:db8:a0a:a0a::1', '2001:db8:a0a:a0a:a0a:a0a:a0a:a0a'],
      ];
      try {
        for (const [first = '', ...same] of clients) {
          expect([first, await nginx.statusFor(first)]).toEqual([first, 200]);
          for (const other of same) expect([other, await nginx.statusFor(other)]).toEqual([other, 429]);
        }
      } finally {
        await nginx.stop();
      }
    },
  );
});
