import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
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

/** What an application of either version may give, beyond the code of the page. A line that ends in `error` must not compile. */
const functionsOfApp = `import { authScheme, defineContract, get } from '@parley/contract';
import { createApp, type HandlersWith, type Middleware, type ReadExtras, serve } from '@parley/service';
import cookieParser from 'cookie-parser';
import express, { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express';
import session from 'express-session';
import multer from 'multer';
import { z } from 'zod';

const apiKey = authScheme('apiKey', { type: 'apiKey', in: 'header', name: 'x-api-key' });
const shop = defineContract('shop', {
  getBook: get('/books', { summary: 'A book', output: z.object({ title: z.string() }), auth: apiKey }),
});
const extras = (req: Request) => ({ customer: String(req.cookies.customer), session: req.session.id, at: req.path });
type Extras = ReturnType<typeof extras>;
const handlers: HandlersWith<typeof shop, Extras> = { getBook: async (_input, { extras }) => ({ title: extras.session }) };
const handler: RequestHandler = (_req, _res, next) => next();
const annotated = (req: Request, res: Response, next: NextFunction) => { res.status(201).set('a', req.path); next(); };
export const middleware: Middleware[] = [
  cookieParser(), session({ secret: 's' }), multer().none(), express.json(), express.static('.'), Router(), handler, annotated,
  (req, res, next) => { res.status(req.query.a ? 200 : 400).json({ at: req.path }); next(); },
];
export const read: ReadExtras<Extras> = extras;
const authenticate = { apiKey: (req: Request) => ({ subject: req.get('x-api-key') ?? '' }) };
const operations = { getBook: { middleware: [handler, annotated] } };
createApp(shop, handlers, { extras, middleware, authenticate, operations, mount: express() });
createApp(shop, handlers, { extras: async (req: Request) => extras(req), mount: [{ app: Router(), path: '/old' }] });
createApp(shop, { getBook: async () => ({ title: '' }) }, { authenticate: { apiKey: ({ ip = '' }) => ({ subject: ip }) } });
await serve(express(), { middleware });
export const wrong: Middleware[] = [
  cookieParser, // error
  (name: string) => name, // error
];
export const wrongExtras: ReadExtras<Extras> = (req: Request) => ({ customer: req.path }); // error
createApp(shop, handlers, { extras: (req: number) => ({ customer: '', session: '', at: '' }) }); // error
`;

const versions = [
  { version: 5, express: '5.3.0', types: '5.0.6', typescript: '7.0.2' },
  { version: 5, express: '5.3.0', types: '5.0.6', typescript: '5.6.3' },
  { version: 4, express: '4.22.3', types: '4.17.25', typescript: '7.0.2' },
  { version: 4, express: '4.22.3', types: '4.17.25', typescript: '5.6.3' },
];

describe.each(versions)('with the types of Express $version and TypeScript $typescript', (one) => {
  let folder: string;
  const compiled = (...include: readonly string[]) => {
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }));
    return node(folder, ['node_modules/typescript/bin/tsc', '-p', '.', '--pretty', 'false']).catch(String);
  };

  beforeAll(async () => {
    const types = ['express-session@1.19.0', 'node@24.19.2', 'cookie-parser@1.4.10', 'multer@2.1.0', 'qs@6'];
    folder = await installed(
      one.express,
      `@types/express@${one.types}`,
      ...types.map((name) => `@types/${name}`),
      'cookie-parser@1.4.7',
      `typescript@${one.typescript}`,
    );
    for (const { file, text } of steps().flat()) await writeFile(join(folder, file), text);
    await writeFile(join(folder, 'app.d.cts'), typesOfApp);
    await writeFile(join(folder, 'functions.mts'), functionsOfApp);
  }, 180_000);

  it('the code of docs/migrating-express.md compiles, after its last step', async () => {
    expect(await compiled('*.ts', 'app.d.cts')).toBe('');
  }, 120_000);

  it('functions of the application fit the options, and others do not', async () => {
    const wrongLines = functionsOfApp
      .split('\n')
      .flatMap((line, index) => (line.endsWith('// error') ? [index + 1] : []));
    const lines = [...(await compiled('functions.mts')).matchAll(/functions\.mts\((\d+),/g)].map(([, line]) =>
      Number(line),
    );
    expect(lines).toEqual(wrongLines);
  }, 120_000);
});
