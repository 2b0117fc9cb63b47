import { once } from 'node:events';
import { createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { currentContext } from '@parley/contract';
import type { Express, NextFunction, Request, Response } from 'express';

// As an old code base has them: CommonJS, and each with its version of Express.
const require = createRequire(import.meta.url);

/** Both versions of Express, and what a route of one of them needs for "everything". */
export const expressVersions = [
  { version: 5, express: require('express'), everything: '/{*rest}' },
  { version: 4, express: require('express4'), everything: '*' },
];

/** A version of Express. */
export type ExpressVersion = (typeof expressVersions)[number];

/** 100 000 characters, of which no two kilobytes are alike. */
export const longText = Array.from({ length: 20_000 }, (_, index) => String(index).padStart(5, '0')).join('');

/** The files and views of all legacy apps, for as long as the tests run. */
const folder = mkdtempSync(join(tmpdir(), 'parley-legacy-'));
mkdirSync(join(folder, 'public'));
writeFileSync(join(folder, 'public', 'text.txt'), longText);
writeFileSync(join(folder, 'hello.page'), '');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What an old application has: pages, files, sessions, uploads, errors. Its slow routes wait for its event `go on`. */
export function legacyApp({ express }: ExpressVersion): Express {
  const session = require('express-session');
  const multer = require('multer');
  const compression = require('compression');
  const app: Express = express();
  app.engine('page', (path, { name }: { name?: string }, done) => {
    done(null, `<h1>${path.split('/').at(-1)}: ${name}</h1>`);
  });
  app.set('views', folder).set('view engine', 'page');
  app.use(compression({ threshold: 0 }));
  app.use('/public', express.static(join(folder, 'public')));
  app.use(session({ secret: 'old', resave: false, saveUninitialized: false }));
  app.use(express.json());

  app.use((_req, res, next) => {
    // Names of theirs that Node has for HTTP/2.
    if (res.req.httpVersionMajor === 1) Object.assign(res, { stream: null });
    next();
  });
  app.get('/page', (req, res) => res.render('hello', { name: String(req.query.name) }));
  app.post('/count', (req, res) => {
    const { session } = req as Request & { session: { count?: number } };
    session.count = (session.count ?? 0) + 1;
    res.json({ count: session.count });
  });
  app.post('/echo', (req, res) => void res.json({ body: req.body, query: req.query, ip: req.ip, host: req.hostname }));
  app.post('/upload', multer().single('file'), (req, res) => {
    const { file } = req as Request & { file?: { originalname: string; size: number } };
    res.json({ name: file?.originalname, size: file?.size });
  });
  app.get('/connection', (_req, res) => {
    res.setHeader('Connection', 'keep-alive').setHeader('Keep-Alive', 'timeout=5').send('kept');
  });
  app.get('/context', (req, res) => {
    const { requestId, deadlineMs } = currentContext();
    res.json({ requestId, header: req.headers['x-request-id'], hasDeadline: deadlineMs !== undefined });
  });
  app.get('/events', (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', Connection: 'keep-alive' });
    res.write('data: 1\n\n');
    app.once('go on', () => res.end('data: 2\n\n'));
    app.emit('events begin');
  });
  app.get('/slow/:kind', async ({ params: { kind } }, res, next) => {
    res.cookie('slow', '1');
    app.emit('slow begins');
    await once(app, 'go on');
    if (kind === 'json') res.status(201).set('x-late', '1').json({ late: true });
    else if (kind === 'file') res.sendFile(join(folder, 'public', 'text.txt'));
    else if (kind === 'head') res.writeHead(200, { 'x-late': '1' }).end('late');
    else if (kind === 'chunks') {
      res.write('late');
      res.end('later');
    } else if (kind === 'pipe') createReadStream(join(folder, 'public', 'text.txt')).pipe(res);
    else if (kind === 'session') {
      Object.assign((res.req as Request & { session: object }).session, { late: 1 });
      res.redirect('/page');
    } else next(new Error('late'));
  });
  const books = express.Router();
  books.get('/:id', ({ params }: Request, res: Response) => void res.json({ id: params.id }));
  books.get('/:id/fails', () => {
    throw Object.assign(new Error('no such book'), { known: true });
  });
  app.use('/books', books);
  const inner: Express = express();
  inner.get('/page', (req, res) => void res.send(`inner ${req.baseUrl} ${req.originalUrl}`));
  inner.get('/nothing', (_req, _res, next) => next());
  app.use('/inner', inner);
  app.get('/refused', (_req, _res, next) => next(Object.assign(new Error('not with us'), { status: 409 })));
  app.get('/broken', () => {
    throw new Error('secret of the database');
  });
  app.use((error: Error & { known?: boolean }, _req: Request, res: Response, next: NextFunction) => {
    if (!error.known) return next(error);
    res.status(422).json({ error: error.message });
  });
  return app;
}

/** The same with a 404 of its own. */
export function legacyAppWithNotFound(version: ExpressVersion): Express {
  const app = legacyApp(version);
  app.all(version.everything, (req, res) => void res.status(404).send(`<p>no ${req.path} here</p>`));
  return app;
}
