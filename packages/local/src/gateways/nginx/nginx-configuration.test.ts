import { describe, expect, it } from '@jest/globals';
import { localNginxConfiguration, localUpstreams } from './nginx-configuration.ts';

const addresses = new Map([
  ['hello', ['127.0.0.1:20001', '127.0.0.1:20003']],
  ['greetings', ['127.0.0.1:20005']],
]);

const upstreams = `# server hello:3000 resolve; would be a comment
upstream hello {
  zone hello 128k;
  random two least_conn;
  server hello:3000 resolve max_fails=3 fail_timeout=2s;
  keepalive 32;
}
upstream greetings { 
  server greetings:3000 resolve;
}
`;

describe('localUpstreams', () => {
  it('puts one line per replica in place of a name, and keeps everything else', () => {
    expect(localUpstreams(upstreams, addresses)).toBe(`# server hello:3000 resolve; would be a comment
upstream hello {
  zone hello 128k;
  random two least_conn;
  server 127.0.0.1:20001 max_fails=3 fail_timeout=2s;
  server 127.0.0.1:20003 max_fails=3 fail_timeout=2s;
  keepalive 32;
}
upstream greetings { 
  server 127.0.0.1:20005;
}
`);
  });

  it('refuses a name that is no service', () => {
    expect(() => localUpstreams('server helo:3000 resolve;', addresses)).toThrow(
      'the gateway leads to "helo", and docker-compose.yml has no such service',
    );
  });
});

describe('localNginxConfiguration', () => {
  const files = new Map([
    ['nginx.conf', 'include host.conf;'],
    ['host.conf', 'resolver 127.0.0.11;'],
    ['listen.conf', 'listen 8080;'],
    ['upstreams.conf', upstreams],
    ['cache.conf', 'proxy_cache_path /tmp/replies keys_zone=replies:4m;'],
  ]);
  const rendered = localNginxConfiguration(files, { folder: '/tmp/x', port: 8081, addresses });

  it('listens on loopback only', () => {
    expect(rendered.get('listen.conf')).toBe('listen 127.0.0.1:8081 backlog=4096;\n');
  });

  it('writes into its own folder only, and needs no resolver', () => {
    expect(rendered.get('host.conf')).toContain('client_body_temp_path "/tmp/x/client_body";');
    expect(rendered.get('host.conf')).not.toContain('resolver');
    expect(rendered.get('cache.conf')).toBe('proxy_cache_path "/tmp/x/replies" keys_zone=replies:4m;');
  });

  it('has one worker for each CPU, whatever number the container has', () => {
    const contained = new Map([...files, ['nginx.conf', '# worker_processes 9;\nworker_processes 2;\nhttp { }\n']]);
    expect(localNginxConfiguration(contained, { folder: '/tmp/x', port: 8081, addresses }).get('nginx.conf')).toBe(
      '# worker_processes 9;\nworker_processes auto;\nhttp { }\n',
    );
  });

  it('leaves the other files as they are', () => {
    expect(rendered.get('nginx.conf')).toBe(files.get('nginx.conf'));
  });

  it('says which file is missing', () => {
    const missing = new Map([['nginx.conf', '']]);
    expect(() => localNginxConfiguration(missing, { folder: '/tmp/x', port: 1, addresses })).toThrow(
      'nginx/: expected a file upstreams.conf, found nginx.conf',
    );
  });
});
