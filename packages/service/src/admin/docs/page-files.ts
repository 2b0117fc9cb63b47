import { readFile } from 'node:fs/promises';
import { CallError } from '@parley/contract';
import type { RequestHandler } from 'express';

/** The page and its files: path → name below `page/`. */
const files: ReadonlyMap<string, string> = new Map([
  ['/docs', 'page.html'],
  ...['page.css', 'icon.svg', 'main.js', 'elements.js', 'operations.js', 'schemas.js', 'examples.js', 'trials.js'].map(
    (name): [string, string] => [`/docs/${name}`, name],
  ),
]);

const mediaTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Nothing but the page's own files and requests to its own origin; text never becomes markup. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** The page's links are relative to `/docs`. */
const otherAddress = '/docs/';

/** Whether a path is the page or one of its files. */
export function isPageFile(path: string): boolean {
  return files.has(path) || path === otherAddress;
}

/**
 * Serves the page of the API docs and its files, read once each when they are first asked for.
 *
 * Why not a library: swagger-ui-dist and @scalar/api-reference have 485 kB and more. rapidoc and openapi-explorer have about 220 kB,
 * and use `style` attributes, `new Function` and `innerHTML`, which this content security policy refuses. All of them send a
 * try from the browser to the service.
 */
export function pageFiles(): RequestHandler {
  const read = new Map<string, Promise<Buffer>>();
  return function pageFiles(req, res, next) {
    const name = files.get(req.path);
    if (req.path === otherAddress) return res.redirect(308, '../docs');
    if (name === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) return next();
    const content = read.get(name) ?? contentOf(name);
    read.set(name, content);
    content.then((bytes) => {
      res.set({
        'Content-Type': mediaTypes[name.replace(/^.*\./, '')] as string,
        'Content-Security-Policy': contentSecurityPolicy,
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Resource-Policy': 'same-origin',
        'Cache-Control': 'no-cache',
      });
      res.send(bytes);
    }, next);
  };
}

/** Rejects with CallError `not_found` where a bundler has left the files behind. */
async function contentOf(name: string): Promise<Buffer> {
  // Where it is asked for only: what compiles ES modules to CommonJS cannot load `import.meta`.
  const folder = await import('./page-folder.ts').then(
    ({ pageFolder }) => pageFolder,
    () => undefined,
  );
  if (folder === undefined) {
    throw missing('the code is CommonJS, which has no import.meta.url to find it by: define that');
  }
  return readFile(new URL(name, folder)).catch(() => {
    throw missing(`it has no ${name}: copy dist/admin/docs/page of @parley/service there`);
  });
}

const missing = (reason: string) =>
  new CallError(
    'not_found',
    `expected the files of the API docs in the folder "page" beside the code, but ${reason} (docs/bundling.md)`,
  );
