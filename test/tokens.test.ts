import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, parleyAdapter, type UpstreamOptions } from '@parley/client';
import { type CallContext, defineContract, type Handlers, post } from '@parley/contract';
import { createLogger, serve } from '@parley/service';
import axios from 'axios';
import { z } from 'zod';
import { issuer, tokenIssuer, tokenSigner } from '../packages/service/test-fixtures/token-issuer.ts';

const output = z.object({ subject: z.string().optional() });
const visits = defineContract('visits', {
  add: post('/api/visits', { summary: 'Adds', auth: { scopes: ['visits:write'] }, output }),
});
const front = defineContract('front', { ask: post('/api/ask', { summary: 'Asks', auth: 'service', output }) });

const signer = await tokenSigner('a');
const jwks = await tokenIssuer(signer.jwk);
const closing: (() => unknown)[] = [jwks.close];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const lines: string[] = [];
const logger = createLogger('tokens', { destination: { write: (line) => void lines.push(line) } });

async function served<C extends typeof visits | typeof front>(contract: C, handlers: Handlers<C>) {
  const settings = {
    ...{ host: '127.0.0.1', port: 0, adminPort: 0, drainDelayMs: 0 },
    ...{ tokenIssuer: issuer, tokenJwksUrl: jwks.url.href },
  };
  const service = await serve(contract, handlers, { logger, settings });
  closing.push(() => service.stop());
  return `http://127.0.0.1:${service.port}`;
}

function upstream(where: string, options: Partial<UpstreamOptions> = {}) {
  const made = createUpstream('visits', where, options);
  closing.push(() => made.close());
  return made;
}

const add = async (_input?: unknown, context?: CallContext) => ({ subject: context?.principal?.subject });
const where = await served(visits, { add });
const writer = () => signer.sign({ claims: { sub: 'front', scope: 'visits:write' } });

describe.each(['1.1', '2'] as const)('a token over HTTP/%s', (http) => {
  it('opens what a call without cannot', async () => {
    const client = createClient(visits, upstream(where, { http, token: writer }));
    expect(await client.add()).toEqual({ subject: 'front' });
    const stranger = createClient(visits, upstream(where, { http }));
    await expect(stranger.add()).rejects.toMatchObject({ code: 'unauthenticated', status: 401, attempts: 1 });
    const reader = createClient(
      visits,
      upstream(where, { http, token: () => signer.sign({ claims: { scope: 'a' } }) }),
    );
    await expect(reader.add()).rejects.toMatchObject({ code: 'permission_denied', status: 403, attempts: 1 });
  });

  it('is not that of the request being served', async () => {
    const calls = createClient(visits, upstream(where, { http }));
    const inFront = await served(front, { ask: () => calls.add() });
    // Good for both: what it opens here it would open there, too.
    const token = () => signer.sign({ claims: { scope: 'visits:write', aud: ['front', 'visits'] } });
    const asking = createClient(front, upstream(inFront, { http, token }));
    await expect(asking.ask()).rejects.toMatchObject({ code: 'upstream_failed' });
  });

  it('is in no log and no error', async () => {
    const expired = await signer.sign({ claims: { exp: 1 } });
    const client = createClient(visits, upstream(where, { http, token: () => expired }));
    const error = await client.add().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'unauthenticated', detail: 'The token is not valid here' });
    const signature = expired.split('.')[2] as string;
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(signature);
    expect(lines.join('')).toContain('"reason":"expired"');
    expect(lines.join('')).not.toContain(signature);
  });
});

describe('a token of an upstream', () => {
  it('does not follow a redirect to another origin', async () => {
    const seen: unknown[] = [];
    const listening = async (answer: (location: string | undefined) => [number, object], location?: string) => {
      const server = createServer((req, res) => {
        seen.push([location ? 'first' : 'second', req.headers.authorization]);
        res.writeHead(...(answer(location) as [number, Record<string, string>])).end('{}');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      closing.push(() => server.close());
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const other = await listening(() => [200, {}]);
    const first = await listening((location) => [302, { location }], `${other}/stolen`);
    const adapter = parleyAdapter(upstream(first, { token: () => 's3cret' }));
    const error = await axios
      .create({ adapter })
      .get('/api', { maxRedirects: 5 })
      .catch((thrown) => thrown);
    expect(seen).toEqual([['first', 'Bearer s3cret']]);
    expect(inspect(error, { depth: 9 })).not.toContain('s3cret');
  });
});
