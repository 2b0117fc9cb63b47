import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parley } from '../../test-fixtures/command-line.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'parley-wiring-command-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const compose = (lines: string) =>
  writeFileSync(
    join(cwd, 'docker-compose.yml'),
    `services:\n  hello:\n    build: .\n    restart: always\n    stop_grace_period: 15s\n${lines}`,
  );

describe('parley wiring check', () => {
  it('ends with 0 where there is no mistake: the gateway is the built-in one', async () => {
    compose('');
    writeFileSync(join(cwd, 'Dockerfile'), 'FROM node:24\nUSER node\n');
    const { code, stdout, stderr } = await parley('wiring check', { cwd });
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'no mistake in docker-compose.yml and the built-in nginx configuration\n',
    });
  });

  it('ends with 1 where there is one, and says where', async () => {
    compose('    environment: { PRICES_URL: "dns://prices:3000" }\n');
    const { code, stdout, stderr } = await parley('wiring check', { cwd });
    expect(code).toBe(1);
    expect(stdout).toBe(
      'docker-compose.yml:6: PRICES_URL of hello names prices, which the compose file does not have, ' +
        'so each of its calls fails: name a service [url-unknown]\n',
    );
    expect(stderr).toMatch(/^parley: 1 mistake in docker-compose.yml and the built-in nginx configuration\n/);
  });

  it('says where it cannot know the gateway', async () => {
    writeFileSync(join(cwd, 'docker-compose.yml'), 'services: { edge: { image: "nginx:1.30.5", restart: always } }');
    const { code, stderr } = await parley('wiring check', { cwd });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        'expected the nginx configuration of edge in this folder, found none, so no rule of nginx is checked: mount it on /etc/nginx\n' +
        'no mistake in docker-compose.yml\n',
    });
  });

  it('gives one document, of another folder too', async () => {
    compose('    environment: { PRICES_URL: "dns://prices:3000" }\n');
    const { code, stdout } = await parley(`wiring check ${cwd} --json`);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      findings: [
        {
          rule: 'url-unknown',
          isRemark: false,
          file: 'docker-compose.yml',
          line: 6,
          sentence: expect.stringContaining('PRICES_URL'),
        },
      ],
      files: ['docker-compose.yml'],
    });
  });

  it('ends with 2 where it cannot read', async () => {
    expect(await parley('wiring check', { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected docker-compose.yml or compose.yaml in '),
    });
    writeFileSync(join(cwd, 'docker-compose.yml'), 'services:\n  a: [\n');
    expect(await parley('wiring check', { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('docker-compose.yml:3: expected YAML'),
    });
    expect(await parley('wiring look', { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('check') });
  });
});
