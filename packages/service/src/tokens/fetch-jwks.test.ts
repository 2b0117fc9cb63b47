import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { tokenIssuer } from '../../test-fixtures/token-issuer.ts';
import { fetchJwks } from './fetch-jwks.ts';

const issuer = await tokenIssuer({ kty: 'OKP', kid: 'a' });
afterAll(issuer.close);

const address = `${issuer.url.origin}${issuer.url.pathname}`;

describe('fetchJwks', () => {
  it('gives what is there', async () => {
    expect(await fetchJwks(issuer.url)).toEqual({ keys: [{ kty: 'OKP', kid: 'a' }] });
  });

  it('reads no more than there can be', async () => {
    issuer.state.body = JSON.stringify({ keys: [], padding: 'x'.repeat(300_000) });
    await expect(fetchJwks(issuer.url)).rejects.toThrow(`${address}: answered with more than 262144 bytes`);
    issuer.state.body = undefined;
  });

  it('follows no redirect', async () => {
    const before = issuer.state.fetches;
    const elsewhere = createServer((_req, res) => res.writeHead(302, { location: issuer.url.href }).end());
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
    const url = new URL(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`);
    await expect(fetchJwks(url)).rejects.toThrow(`${url.href}: answered with status 302`);
    expect(issuer.state.fetches).toBe(before);
    elsewhere.closeAllConnections();
    elsewhere.close();
  });

  it('says why there is no answer', async () => {
    const closed = await tokenIssuer();
    closed.close();
    await expect(fetchJwks(closed.url)).rejects.toMatchObject({
      message: `${closed.url.origin}${closed.url.pathname}: fetch failed`,
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('gives up on an issuer that does not answer', async () => {
    issuer.state.hangs = true;
    await expect(fetchJwks(issuer.url)).rejects.toThrow(`${address}: did not answer in 2000 ms`);
  });
});
