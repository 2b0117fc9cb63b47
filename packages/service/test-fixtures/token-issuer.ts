import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';

/** What a token of {@link TokenIssuer} differs in from one that is right. */
export interface Difference {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: { readonly [Name in keyof JWTHeaderParameters]?: JWTHeaderParameters[Name] | undefined };
}

export const issuer = 'https://issuer.test';

/** Makes a pair of keys, and tokens with it. Tokens are for `visits`, of the service `hello`. */
export async function tokenSigner(kid: string, alg = 'EdDSA') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  const sign = ({ claims = {}, header = {} }: Difference = {}) => {
    const nowS = Math.floor(Date.now() / 1000);
    const right = { iss: issuer, aud: 'visits', sub: 'hello', client_id: 'hello', iat: nowS, exp: nowS + 300 };
    return new SignJWT({ ...right, ...claims })
      .setProtectedHeader({ alg, kid, ...header } as JWTHeaderParameters)
      .sign(privateKey);
  };
  return { jwk, publicKey, sign };
}

/** An issuer of tokens as far as a service knows it: an address with its public keys, counted and changeable. */
export async function tokenIssuer(...keys: JWK[]) {
  const state = { keys, status: 200, fetches: 0, body: undefined as string | undefined, hangs: false };
  const server = createServer((_req, res) => {
    state.fetches += 1;
    if (state.hangs) return;
    res.writeHead(state.status, { 'content-type': 'application/json' });
    res.end(state.body ?? JSON.stringify({ keys: state.keys }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks?key=s3cret`);
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { state, url, close };
}
