import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { copyLegacy, steps } from '../migration/express/migration.ts';
import { describeMigration } from '../migration/express/migration-suite.ts';
import { root } from '../source-files.ts';
import { node, outside, quietly } from './outside.ts';

const run = promisify(execFile);

/** The legacy application with the packed packages, and one version of Express. */
async function installed(express: string, ...more: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(outside().folder, 'express-'));
  copyLegacy(folder);
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const own = outside().tarballs.filter((path) => /\/parley-(contract|service)-/.test(path));
  const others = ['express-session', 'multer'].map((name) => `${name}@${devDependencies[name]}`);
  await run('npm', ['install', ...quietly, ...own, `express@${express}`, ...others, 'zod@4.6.7', ...more], {
    cwd: folder,
  });
  return folder;
}

for (const version of ['5.3.0', '4.22.3']) {
  describeMigration(`Express ${version}, with the packed packages`, async () => ({
    path: await installed(version),
    flags: [],
  }));
}

/** Types of the old application, as its team might have them. */
const typesOfApp = `import type { Express, RequestHandler } from 'express';
export const app: Express;
export const sessions: RequestHandler;
export const books: Map<string, { id: string; title: string; price: number }>;
export class ShopError extends Error { status: number }
`;

const compilerOptions = {
  module: 'nodenext',
  target: 'es2022',
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  types: ['node'],
};

describe('the code of docs/migrating-express.md', () => {
  it('has types, after its last step', async () => {
    const folder = await installed('5.3.0', '@types/express-session@1.19.0', '@types/node@24.19.2', 'typescript@7.0.2');
    for (const { file, text } of steps().flat()) await writeFile(join(folder, file), text);
    await writeFile(join(folder, 'app.d.cts'), typesOfApp);
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts', 'app.d.cts'] }));
    expect(await node(folder, ['node_modules/typescript/bin/tsc', '-p', '.'])).toBe('');
  }, 120_000);
});
