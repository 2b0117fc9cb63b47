import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createUpstream, parleyFetch, type Upstream, type UpstreamOptions } from '@parley/client';
import { gatewayHome } from '../gateway-home.ts';
import { type GatewayName, type RunningGateway, startGateway } from '../running-gateway.ts';

/** What a scripted service answers. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

/** A request as the service got it. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** A service that answers by a script, a gateway in front of it, and clients with a cache. */
export interface Tiers {
  /** What reached the service since the last {@link answering}. */
  readonly asked: readonly Asked[];
  /** Begins anew, with empty caches: the service gives these answers in turn, and the last one from then on. */
  answering(...answers: readonly (Answer | ((asked: Asked) => Answer))[]): void;
  /** Asks by a client with a cache. The result as `status body cache-status`. */
  ask(init?: RequestInit & { readonly path?: string; readonly isShared?: boolean }): Promise<string>;
  /** The reply itself. */
  fetch(init?: RequestInit & { readonly path?: string; readonly isShared?: boolean }): Promise<Response>;
  stop(): Promise<void>;
}

/** Runs all of it. The paths of the service begin with `/api/`. */
export async function startTiers(name: GatewayName, options: Partial<UpstreamOptions> = {}): Promise<Tiers> {
  const asked: Asked[] = [];
  let answers: (Answer | ((asked: Asked) => Answer))[] = [{}];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    asked.push({ method, url, headers });
    const next = (answers.length > 1 ? answers.shift() : answers[0]) as Answer | ((asked: Asked) => Answer);
    const {
      status = 200,
      headers: fields = {},
      body = 'one',
    } = typeof next === 'function' ? next({ method, url, headers }) : next;
    response.writeHead(status, { 'content-type': 'text/plain', ...(fields as Record<string, string>) });
    request.resume().on('end', () => response.end(method === 'HEAD' || status === 304 ? undefined : body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const home = gatewayHome('services: { scripted: { prefixes: [/api/] } }');
  const addresses = { scripted: [`127.0.0.1:${(server.address() as AddressInfo).port}`] };
  const gateway = await startGateway(name, addresses, home.folder);
  let clients = openClients(gateway, options);
  const send: Tiers['fetch'] = ({ path = '/api/visits', isShared = false, ...init } = {}) =>
    parleyFetch(isShared ? clients.shared : clients.own)(`${gateway.url}${path}`, init);
  return {
    asked,
    answering(...given) {
      const before = clients;
      clients = openClients(gateway, options);
      void Promise.all([before.own.close(), before.shared.close()]);
      answers = [...given];
      asked.length = 0;
    },
    fetch: send,
    async ask(init) {
      const response = await send(init);
      const text = [response.status, await response.text(), shortStatus(response)].filter((part) => part !== '');
      return text.join(' ');
    },
    async stop() {
      await Promise.all([clients.own.close(), clients.shared.close()]);
      await gateway.stop();
      home.remove();
      server.close();
      server.closeAllConnections();
    },
  };
}

function openClients({ url }: RunningGateway, options: Partial<UpstreamOptions>) {
  // A test counts requests: the client must not repeat them.
  const all = { maxAttempts: 1, ...options };
  const open = (shared: boolean): Upstream => createUpstream('guestbook', url, { ...all, cache: { shared } });
  return { own: open(false), shared: open(true) };
}

/** `hit`, `stale`, `miss`, … of `Cache-Status`, without numbers. */
function shortStatus({ headers }: Response): string {
  const status = headers.get('cache-status');
  if (status === null) return 'not stored';
  if (status.includes('fwd-status=304')) return 'validated';
  if (status.includes('stored')) return 'stored';
  return /ttl=-/.test(status) ? 'stale' : 'hit';
}
