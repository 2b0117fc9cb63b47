import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the service says of an item. */
export interface Item {
  readonly id: string;
  readonly name: string;
  readonly left: number;
}

/** What the service says of items that were put aside. */
export interface Reservation {
  readonly reservation: string;
}

/** The service that all clients call, below the base path `/v1`. It has one item, `7`, of which 3 are left. */
export interface StockService {
  readonly url: string;
  /** Method and path of each request so far, with its `Idempotency-Key`. */
  readonly requests: readonly string[];
  /** So many requests from now on are answered 503. */
  fail(count: number): void;
  close(): Promise<void>;
}

/** Starts the service on a free port. */
export async function startStock(): Promise<StockService> {
  const requests: string[] = [];
  let failures = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url = '', headers } = request;
    requests.push([method, url, headers['idempotency-key']].filter(Boolean).join(' '));
    if (failures-- > 0) send(response, 503, { title: 'Try again' });
    else if (!url.startsWith('/v1/items/7')) {
      send(response, 404, { type: 'urn:parley:problem:unknown_item', title: 'Unknown item', status: 404 });
    } else if (method === 'GET') send(response, 200, { id: '7', name: 'Teapot', left: 3 });
    else if (JSON.parse(Buffer.concat(chunks).toString()).count <= 3) send(response, 201, { reservation: 'r-1' });
    else
      send(response, 409, {
        type: 'urn:parley:problem:out_of_stock',
        title: 'Out of stock',
        status: 409,
        detail: 'only 3 left',
        left: 3,
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    fail(count) {
      failures = count;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}
