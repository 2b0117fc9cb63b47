import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import type { Handlers } from '@parley/contract';
import { createApp, createLogger } from '@parley/service';
import { refused, things } from './contract.ts';
import type { Kind } from './polluted.ts';
import { polluted } from './polluted.ts';

// A process of its own, whose Object.prototype has a member more while it serves. Its parent holds the client.

const handlers: Handlers<typeof things> = {
  find: async ({ id, limit }, context) => ({
    id,
    ...(limit && { limit }),
    context: Object.keys(context ?? {})
      .sort()
      .join(),
  }),
  order: async ({ name }) => ({ name }),
  refuse: async () => {
    throw refused('not now', { why: 'so' });
  },
  watch: async function* () {
    yield { n: 1 };
  },
};
const silent = new Writable({ write: (_, __, done) => done() });
// Once, before: pino itself takes options that it inherits.
const logger = createLogger('things', { destination: silent });
const serve = () => createApp(things, handlers, { logger });

let end = () => {};
let before = Promise.resolve();
let app = serve();
const server = createServer((request, response) => app(request, response));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

/** `made`: the app too is made while the member is there. */
process.on('message', async ({ name, kind, made }: { name: string; kind: Kind; made: boolean }) => {
  end();
  await before; // the member is gone then
  if (name === '') {
    app = serve();
    process.send?.('clean');
    return;
  }
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  before = polluted(name, kind, () => {
    if (made) app = serve();
    return done;
  });
  process.send?.('polluted');
});
