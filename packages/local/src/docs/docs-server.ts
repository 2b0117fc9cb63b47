import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { operationsOf } from '../operations.ts';
import { loopback } from '../ports/ports.ts';
import { contentSecurityPolicy, type DocumentedService, docsPage } from './docs-page.ts';

/** A service whose operations the page shows. */
export interface ServedService {
  readonly name: string;
  /** `host:port` of a replica. */
  readonly address: string;
  /** Its API docs. */
  readonly url: string;
}

/** What the page is made of. */
export interface DocsServerOptions {
  readonly port: number;
  /** Where clients go. */
  readonly gateway: string;
  /** The services as they are now: asked for each page. */
  readonly services: () => readonly ServedService[];
}

/** Serves the page of all services, on loopback. The gateway has no such page: a route to the operators' ports would be in production too. */
export interface DocsServer {
  readonly url: string;
  close(): void;
}

/** A page elsewhere that has made its own name point here must not read this one. */
const ownHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/** Serves a page with the operations of all services, on loopback. It reads each service's document when it is asked for. */
export async function startDocsServer(options: DocsServerOptions): Promise<DocsServer> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch(() => response.destroy());
  });
  server.listen({ port: options.port, host: loopback });
  await once(server, 'listening');
  // It keeps no process alive, and none waits for its readers.
  server.unref();
  return {
    url: `http://${loopback}:${options.port}/docs`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: DocsServerOptions): Promise<void> {
  const { method, url = '', headers } = request;
  if (!ownHost.test(headers.host ?? '')) return refuse(response, 421, 'Expected the name localhost');
  if (!/^\/(?:docs\/?)?(?:\?|$)/.test(url)) return refuse(response, 404, 'There is only /docs');
  if (method !== 'GET' && method !== 'HEAD') return refuse(response, 405, 'Expected GET');
  const page = docsPage(await Promise.all(options.services().map(documented)), options.gateway);
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    'content-security-policy': contentSecurityPolicy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  response.end(method === 'HEAD' ? undefined : page);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

async function documented({ name, address, url }: ServedService): Promise<DocumentedService> {
  return { name, url, operations: await operationsOf(name, address) };
}
