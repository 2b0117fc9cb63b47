import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { bytes, content, defineContract, get, stream } from '@parley/contract';
import express, { type Express, type Response } from 'express';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { ask, http2Session } from '../../test-fixtures/http2-client.ts';
import { expressVersions } from '../../test-fixtures/legacy-app.ts';
import { createApp } from '../app.ts';
import { http2Express } from './http2-express.ts';

type App = Parameters<typeof createServer>[0];

const rows = Array.from({ length: 5 }, (_, n) => `row ${n}, ${'x'.repeat(20)}\n`);

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** What an app answers over HTTP/2, ten times: the fault depends on what the memory holds. */
async function answers(app: unknown, path = '/') {
  const server = createServer(app as App);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = http2Session(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  open.push(client, server);
  const bodies: string[] = [];
  for (let n = 0; n < 10; n++) bodies.push((await ask(client, { ':path': path })).body);
  return bodies;
}

const all = Array(10).fill(rows.join(''));
const writeRows = (res: Response) => {
  for (const row of rows) res.write(row);
};

const endings: Record<string, (res: Response) => unknown> = {
  'an empty text': (res) => res.end(''),
  'empty bytes': (res) => res.end(Buffer.alloc(0)),
  'a text of hex without a byte': (res) => res.end('-', 'hex'),
  'an empty chunk and then the end': (res) => {
    res.write('');
    res.end();
  },
};

describe('the body of a response over HTTP/2', () => {
  it.each(Object.keys(endings))('arrives as it was written, with %s', async (ending) => {
    const app = http2Express(express());
    app.get('/', (_req, res) => {
      writeRows(res);
      endings[ending]?.(res);
    });
    expect(await answers(app)).toEqual(all);
  });

  it.each(expressVersions)('arrives from a mounted app of $version', async ({ express: create }) => {
    const mounted: Express = create();
    mounted.get('/', (_req, res) => {
      writeRows(res);
      res.end('');
    });
    expect(await answers(createApp(mounted, { logger: capturedLog().logger }))).toEqual(all);
  });

  it('arrives from a stream of text whose last chunk is empty', async () => {
    const app = http2Express(express());
    app.get('/', (_req, res) => void Readable.from([...rows, '']).pipe(res));
    expect(await answers(app)).toEqual(all);
  });

  it('arrives as lines of JSON, and as bytes of an operation', async () => {
    const rowsOf = defineContract('rows', {
      lines: get('/lines', { summary: 's', output: stream(z.object({ row: z.string() }), { as: 'ndjson' }) }),
      text: get('/text', { summary: 's', output: bytes({ type: 'text/plain' }) }),
    });
    const app = createApp(
      rowsOf,
      {
        async *lines() {
          for (const row of rows) yield { row };
        },
        text: async () => content(Readable.from([...rows, '']), { type: 'text/plain' }),
      },
      { logger: capturedLog().logger },
    );
    const lines = rows.map((row) => `${JSON.stringify({ row })}\n`).join('');
    expect(await answers(app, '/lines')).toEqual(Array(10).fill(lines));
    expect(await answers(app, '/text')).toEqual(all);
  });

  it('begins with an empty chunk, which tells its writer that it is out', async () => {
    const app = http2Express(express());
    const written: string[] = [];
    app.get('/', (_req, res) => {
      res.write('', () => written.push('empty'));
      written.push(`head sent: ${res.headersSent}`);
      setImmediate(() => res.end('body'));
    });
    expect((await answers(app))[0]).toBe('body');
    expect(written.slice(0, 2)).toEqual(['head sent: true', 'empty']);
  });
});
