import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

// The service behind the cache, in a process of its own: so that its CPU is not the client's, and so that it can be killed.

/** A small object, as services answer with. */
const body = JSON.stringify({ id: '7', name: 'a thing', tags: ['one', 'two', 'three'], price: 12.5 });

/** `Cache-Control` by the first segment of the path. */
const policies: Readonly<Record<string, string>> = {
  fresh: 'max-age=3600',
  brief: 'max-age=1, stale-while-revalidate=60',
  kept: 'max-age=1, stale-if-error=4',
  never: 'no-store',
};

const counts = new Map<string, number>();

const server = createServer(async ({ url = '/' }, response) => {
  counts.set(url, (counts.get(url) ?? 0) + 1);
  const [, policy = ''] = url.split('/');
  if (policy === 'brief') await sleep(50); // so that calls meet
  const fields = { 'content-type': 'application/json', 'cache-control': policies[policy] ?? 'no-store', etag: '"1"' };
  response.writeHead(200, fields).end(body);
});

server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', (path: string) => process.send?.(counts.get(path) ?? 0));
process.on('disconnect', () => process.exit());
