import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateGateway } from './generate-gateway.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-generate-'));
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const filesFor = async (services: string) => {
  put('gateway/policy.yaml', `services:\n${services}`);
  return (await generateGateway({ root, nodeArgs: ['--conditions=@parley/source'] })).files;
};
const generate = async (services: string) =>
  (await filesFor(services)).get('nginx/routes.conf')?.match(/^location .*/gm);

describe('generateGateway', () => {
  it('takes contracts of files and of installed packages, whatever the services are called', async () => {
    put(
      'services/files/contract.ts',
      `import { defineContract, get } from '@parley/contract';
       import { z } from 'zod';
       const name: string = 'storage';
       console.log('contracts may print');
       process.on('exit', () => console.log('at their end too'));
       const input = z.object({ path: z.string() });
       export const contract = defineContract(name, { read: get('/files/{path*}', { summary: 'A file', input }) });`,
    );
    expect(
      await generate('  files: { contract: ./services/files/contract.ts }\n  front: { contract: "@parley/hello" }\n'),
    ).toEqual([
      'location /files/ { proxy_pass http://files; }',
      'location = /api/hello { proxy_pass http://front; }',
      'location = /files { return 404; }',
      'location / { return 404; }',
    ]);
  }, 30_000);

  it('takes of several contracts of a module the one with the name of the service', async () => {
    put(
      'both.ts',
      `import { defineContract, get } from '@parley/contract';
       export const a = defineContract('a', { read: get('/a', { summary: 'A' }) });
       export const b = defineContract('b', { read: get('/b', { summary: 'B' }) });`,
    );
    expect(await generate('  a: { contract: ./both.ts }\n  b: { contract: ./both.ts }\n')).toEqual([
      'location = /a { proxy_pass http://a; }',
      'location = /b { proxy_pass http://b; }',
      'location / { return 404; }',
    ]);
    await expect(generate('  c: { contract: ./both.ts }\n')).rejects.toThrow(
      'expected ./both.ts to export the contract of c, got a, b: name another module',
    );
  }, 30_000);

  it('passes on what a form may have by its contract, and by the schemas of its files', async () => {
    put(
      'forms.ts',
      `import { defineContract, multipart, post } from '@parley/contract';
       import { z } from 'zod';
       const input = multipart(z.object({ file: z.file().max(3_000_000) }));
       export const forms = defineContract('forms', {
         limited: post('/limited', { summary: 'With a limit', input, bodyLimits: { maxBytes: 3_500_000 } }),
         plain: post('/plain', { summary: 'Without one', input }),
       });`,
    );
    const files = await filesFor('  forms: { contract: ./forms.ts }\n');
    expect(files.get('nginx/routes.conf')?.match(/client_max_body_size .*/g)).toEqual([
      'client_max_body_size 3500000;',
      'client_max_body_size 4048576;',
    ]);
  }, 30_000);

  it('keeps replies of an operation whose contract says public, with the words of the contract', async () => {
    const cached = (service: string, operation: string) =>
      filesFor(`  ${service}: { contract: "@parley/${service}", operations: { ${operation}: { cache: true } } }\n`);
    const files = await cached('greetings', 'listGreetings');
    expect(files.get('nginx/cache.conf')).toContain(
      '"~^greetings[.]listGreetings\\|public, max-age=60, stale-while-revalidate=60, stale-if-error=3600$" "";',
    );
    await expect(cached('guestbook', 'addVisit')).rejects.toThrow(
      'gateway/policy.yaml:2: expected the contract of addVisit',
    );
    await expect(cached('guestbook', 'listVisits')).rejects.toThrow(
      'gateway/policy.yaml:2: expected { maxStaleSeconds: 61 } or more for listVisits, got true: the gateway does not learn of addVisit',
    );
  }, 30_000);

  it.each([
    ['a package that is not installed', '@shop/none', 'expected to import the contract @shop/none from'],
    ['a file that is not there', './none.ts', 'a file is not there'],
    ['a file that fails', './broken.ts', 'its code fails'],
    ['a module without a contract', './empty.ts', 'expected ./empty.ts to export the contract of a, got none'],
  ])(
    'says so of %s',
    async (_what, contract, sentence) => {
      put('broken.ts', 'throw new Error("no")');
      put('empty.ts', 'export const a = 1;');
      await expect(generate(`  a: { contract: "${contract}" }\n`)).rejects.toThrow(sentence);
    },
    30_000,
  );
});
