import { Writable } from 'node:stream';
import type { Handlers } from '@parley/contract';
import { createLogger, type RunningService, serve } from '@parley/service';
import express from 'express';
import { refused, things } from './contract.ts';
import { type Pollution, polluted } from './polluted.ts';

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
const mounted = express();
mounted.get('/mounted/:id', (req, res) => void res.json({ id: req.params.id }));
const silent = new Writable({ write: (_, __, done) => done() });
// Once, before: pino itself takes options that it inherits.
const logger = createLogger('things', { destination: silent });
const settings = { host: '127.0.0.1', port: 0, adminPort: 0, drainDelayMs: 0, drainTimeoutMs: 100 };

interface Tls {
  readonly cert: string;
  readonly key: string;
}

interface Asked {
  readonly pollution?: Pollution;
  readonly made?: boolean;
  /** Default: the service speaks no TLS. */
  readonly tls?: Tls;
}

let end = () => {};
let before: Promise<unknown> = Promise.resolve();
let service: RunningService | undefined;

async function restart(tls: Tls | undefined): Promise<void> {
  const old = service;
  service = await serve(things, handlers, { logger, settings, mount: mounted, ...(tls && { tls }) });
  await old?.stop();
}

/** Without a pollution: there is none from now on. `made`: the service too is started while the member is there. */
process.on('message', async ({ pollution, made, tls }: Asked) => {
  end();
  await before; // the member is gone then
  if (!service) await restart(tls);
  if (pollution) {
    await new Promise<void>((resolve) => {
      before = polluted(pollution, async () => {
        if (made) await restart(tls);
        resolve();
        await new Promise<void>((ended) => {
          end = ended;
        });
      });
    });
  }
  process.send?.(service?.port);
});
process.send?.('ready');
