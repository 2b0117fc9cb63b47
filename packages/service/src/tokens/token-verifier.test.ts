import { createHmac, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exportSPKI, type JWK } from 'jose';
import { anyText } from '../../../contract/test-fixtures/any-text.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { type Difference, issuer, tokenIssuer, tokenSigner } from '../../test-fixtures/token-issuer.ts';
import { ConfigError } from '../process/config-error.ts';
import type { TokenOptions } from './token-options.ts';
import { tokenVerifier } from './token-verifier.ts';

const signer = await tokenSigner('a');
const rsa = await tokenSigner('r', 'RS256');
const issuers: Awaited<ReturnType<typeof tokenIssuer>>[] = [];
afterAll(() => {
  for (const { close } of issuers) close();
});

async function servedKeys(...keys: Parameters<typeof tokenIssuer>) {
  const made = await tokenIssuer(...keys);
  issuers.push(made);
  return made;
}

function verifier(options: Partial<TokenOptions> = {}, log = capturedLog()) {
  return tokenVerifier({ issuer, jwks: { keys: [signer.jwk, rsa.jwk] }, ...options }, 'visits', log.logger);
}

/** A token put together by hand. */
function forged(header: object, claims: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}

/** Lets time pass for the age of keys; that of tokens stays. */
async function withClock(work: (time: { ms: number }) => Promise<void>): Promise<void> {
  const time = { ms: 0 };
  const now = performance.now.bind(performance);
  performance.now = () => now() + time.ms;
  try {
    await work(time);
  } finally {
    performance.now = now;
  }
}

const nowS = () => Math.floor(Date.now() / 1000);
const right = () => ({ iss: issuer, aud: 'visits', sub: 'hello', exp: nowS() + 300 });

describe('token-verifier', () => {
  it('believes a token of the issuer for this service', async () => {
    const token = await signer.sign({ claims: { scope: 'visits:read visits:write' } });
    expect(await verifier()(token, undefined)).toEqual({
      principal: { subject: 'hello', issuer, scopes: ['visits:read', 'visits:write'], clientId: 'hello' },
      isService: true,
      expiresAtMs: expect.any(Number),
    });
  });

  it('reads scopes from a list too, and takes anything else for none', async () => {
    const scopesOf = async (claims: object) =>
      (await verifier()(await signer.sign({ claims: { ...claims } }), undefined)).principal.scopes;
    expect(await scopesOf({ scp: ['a', 7, 'b'] })).toEqual(['a', 'b']);
    expect(await scopesOf({ scope: '  a  b ' })).toEqual(['a', 'b']);
    expect(await scopesOf({ scope: { a: true } })).toEqual([]);
  });

  it('tells services from persons by sub and client, or by isService', async () => {
    const user = await signer.sign({ claims: { sub: 'ada' } });
    expect((await verifier()(user, undefined)).isService).toBe(false);
    const isService = ({ sub }: Readonly<Record<string, unknown>>) => sub === 'ada';
    expect((await verifier({ isService })(user, undefined)).isService).toBe(true);
    const nobodys = await signer.sign({ claims: { client_id: undefined } });
    expect((await verifier()(nobodys, undefined)).isService).toBe(false);
  });

  it.each<[string, Difference]>([
    ['expired', { claims: { exp: nowS() - 31 } }],
    ['not valid yet', { claims: { nbf: nowS() + 60 } }],
    ['of another issuer', { claims: { iss: 'https://issuer.test/' } }],
    ['for another audience', { claims: { aud: ['hello', 'visits2'] } }],
    ['has no exp claim', { claims: { exp: undefined } }],
    ['has no sub claim', { claims: { sub: undefined } }],
    ['has no sub claim', { claims: { sub: '' } }],
    ['has no aud claim', { claims: { aud: undefined } }],
    ['its exp claim is malformed', { claims: { exp: 'never' as never } }],
    ['unknown key', { header: { kid: 'b' } }],
    ['unknown key', { header: { kid: 'r' } }],
    ['no access token', { header: { typ: 'logout+jwt' } }],
    ['asks for something that is not supported', { header: { crit: ['exp'], exp: 1 } as object }],
    ['bound in a way that this service cannot check', { claims: { cnf: { jkt: 'x' } } }],
    ['bound in a way that this service cannot check', { claims: { cnf: null } }],
    ['bound to another certificate', { claims: { cnf: { 'x5t#S256': 'x' } } }],
    ['longer than 8192 characters', { claims: { jti: 'x'.repeat(9000) } }],
  ])('refuses one that is/has: %s', async (reason, difference) => {
    let token = '';
    try {
      token = await signer.sign(difference);
    } catch {
      // jose doesn't sign what it doesn't know.
      token = forged({ alg: 'EdDSA', kid: 'a', ...difference.header }, right(), 'AAAA');
    }
    const refused = verifier()(token, undefined);
    await expect(refused).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(refused).rejects.toThrow(reason);
  });

  it('accepts a clock that is off by up to the tolerance', async () => {
    const late = await signer.sign({ claims: { exp: nowS() - 10 } });
    await expect(verifier()(late, undefined)).resolves.toBeDefined();
    await expect(verifier({ clockToleranceMs: 0 })(late, undefined)).rejects.toThrow('expired');
  });

  it('can refuse what was made too long ago, however long it is valid', async () => {
    const old = await signer.sign({ claims: { iat: nowS() - 3600 } });
    await expect(verifier()(old, undefined)).resolves.toBeDefined();
    await expect(verifier({ maxAgeMs: 600_000 })(old, undefined)).rejects.toThrow('too old');
    const iat = nowS() - 60;
    const young = await signer.sign({ claims: { iat } });
    expect((await verifier({ maxAgeMs: 120_000 })(young, undefined)).expiresAtMs).toBe(iat * 1000 + 120_000);
    const undated = await signer.sign({ claims: { iat: undefined } });
    await expect(verifier({ maxAgeMs: 600_000 })(undated, undefined)).rejects.toThrow('has no iat claim');
  });

  it('refuses one without a signature, whatever it calls that', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) {
      await expect(verifier()(forged({ alg }, right()), undefined)).rejects.toMatchObject({ name: 'InvalidToken' });
    }
  });

  it('refuses one signed with the public key as a shared secret', async () => {
    for (const secret of [await exportSPKI(rsa.publicKey), JSON.stringify(rsa.jwk), String(rsa.jwk.n)]) {
      const unsigned = forged({ alg: 'HS256', kid: 'r' }, right()).slice(0, -1);
      const signature = createHmac('sha256', secret).update(unsigned).digest('base64url');
      await expect(verifier()(`${unsigned}.${signature}`, undefined)).rejects.toThrow('algorithm is not allowed');
    }
  });

  it('refuses a token that brings its own key', async () => {
    const stranger = await tokenSigner('a');
    const jwks = await servedKeys(stranger.jwk);
    const header = { jwk: stranger.jwk, jku: jwks.url.href, x5u: jwks.url.href };
    await expect(verifier()(await stranger.sign({ header }), undefined)).rejects.toThrow('signature does not fit');
    expect(jwks.state.fetches).toBe(0);
  });

  it('refuses an algorithm that does not fit the key, or is not configured', async () => {
    const { jwk, sign } = await tokenSigner('e', 'ES384');
    await expect(verifier({ jwks: { keys: [jwk] } })(await sign(), undefined)).rejects.toThrow('not allowed');
    const allowed = verifier({ jwks: { keys: [jwk] }, algorithms: ['ES384'] });
    await expect(allowed(await sign(), undefined)).resolves.toBeDefined();
    await expect(verifier({ algorithms: ['RS256'] })(await signer.sign(), undefined)).rejects.toThrow('not allowed');
  });

  it.each(['', 'a', 'a.b', 'a.b.c', '..', '....', 'e30.e30.e30', '\u0000.\u0000.', `${'.'.repeat(4000)}`])(
    'refuses what is no token: %j',
    async (token) => {
      await expect(verifier()(token, undefined)).rejects.toMatchObject({ name: 'InvalidToken' });
    },
  );

  it('refuses any text whatever, with no other error than that', async () => {
    const verify = verifier();
    const part = fc.oneof(fc.json(), anyText()).map((text) => Buffer.from(text).toString('base64url'));
    const like = fc.array(part, { minLength: 2, maxLength: 5 }).map((parts) => parts.join('.'));
    const header = fc.record({
      alg: fc.constantFrom('EdDSA', 'RS256', 'none', 'HS256'),
      kid: fc.constantFrom('a', 'r'),
    });
    const signed = fc
      .tuple(header, fc.jsonValue(), part)
      .map(([header, claims, signature]) => forged(header, claims as object, signature));
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyText(), like, signed), async (token) => {
        await expect(verify(token, undefined)).rejects.toMatchObject({ name: 'InvalidToken' });
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a token of which one character was changed', async () => {
    const verify = verifier();
    const token = await signer.sign({ claims: { scope: 'visits:read' } });
    const signedLength = token.lastIndexOf('.');
    await fc.assert(
      fc.asyncProperty(fc.nat(signedLength - 1), fc.constantFrom(...'Aa0_-.'), async (at, other) => {
        fc.pre(token[at] !== other);
        const changed = token.slice(0, at) + other + token.slice(at + 1);
        await expect(verify(changed, undefined)).rejects.toMatchObject({ name: 'InvalidToken' });
      }),
      { numRuns: 200 },
    );
  });

  it('gives a frozen principal, since it is given again', async () => {
    const { principal } = await verifier()(await signer.sign({ claims: { scope: 'a' } }), undefined);
    expect([Object.isFrozen(principal), Object.isFrozen(principal.scopes)]).toEqual([true, true]);
  });

  it('takes a bound token over its own certificate only (RFC 8705)', async () => {
    const bound = await signer.sign({ claims: { cnf: { 'x5t#S256': 'thumb' } } });
    await expect(verifier()(bound, 'thumb')).resolves.toBeDefined();
    await expect(verifier()(bound, 'other')).rejects.toThrow('bound to another certificate');
    await expect(verifier()(bound, undefined)).rejects.toThrow('bound to another certificate');
  });

  it('finds a key that the issuer has only just begun to use, once the cooldown is over', async () => {
    const next = await tokenSigner('next');
    const jwks = await servedKeys(signer.jwk);
    const verify = verifier({ jwks: jwks.url });
    await withClock(async (time) => {
      await verify(await signer.sign(), undefined);
      jwks.state.keys = [signer.jwk, next.jwk];
      await expect(verify(await next.sign(), undefined)).rejects.toThrow('unknown key');
      time.ms += 10_000;
      await expect(verify(await next.sign(), undefined)).resolves.toBeDefined();
      await expect(verify(await signer.sign(), undefined)).resolves.toBeDefined();
      expect(jwks.state.fetches).toBe(2);
    });
  });

  it('asks the issuer at most twice for a thousand tokens with unknown keys', async () => {
    const jwks = await servedKeys(signer.jwk);
    const verify = verifier({ jwks: jwks.url });
    const refused = Array.from({ length: 1000 }, (_, kid) =>
      expect(verify(forged({ alg: 'EdDSA', kid: `${kid}` }, right(), 'AAAA'), undefined)).rejects.toThrow(
        'unknown key',
      ),
    );
    await Promise.all(refused);
    expect(jwks.state.fetches).toBeLessThanOrEqual(2);
  });

  it.each<[string, (state: Awaited<ReturnType<typeof servedKeys>>['state']) => void]>([
    ['answers 500', (state) => Object.assign(state, { status: 500 })],
    ['leads elsewhere', (state) => Object.assign(state, { status: 302 })],
    ['answers with a page', (state) => Object.assign(state, { body: '<html>' })],
    ['answers with no keys', (state) => Object.assign(state, { keys: [] })],
    ['answers with something else', (state) => Object.assign(state, { body: '{"keys":7}' })],
    ['answers without end', (state) => Object.assign(state, { body: `"${'x'.repeat(300_000)}"` })],
    ['does not answer', (state) => Object.assign(state, { hangs: true })],
  ])('is unavailable, not unauthenticated, while the issuer %s', async (_what, spoil) => {
    const jwks = await servedKeys(signer.jwk);
    spoil(jwks.state);
    const log = capturedLog();
    const verify = verifier({ jwks: jwks.url }, log);
    await expect(verify(await signer.sign(), undefined)).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterMs: 1000,
    });
    expect(log.text()).toContain('keys of the token issuer cannot be read');
    expect(log.text()).not.toContain('s3cret');
  });

  it('follows a file, and refuses to start without keys in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jwks-'));
    const file = join(folder, 'jwks.json');
    expect(() => verifier({ jwks: { file } })).toThrow(ConfigError);
    for (const text of ['', '{}', '{"keys":[]}', 'x']) {
      writeFileSync(file, text);
      expect(() => verifier({ jwks: { file } })).toThrow(`no keys in ${file} (no JWK Set)`);
    }
    writeFileSync(file, JSON.stringify({ keys: [signer.jwk] }));
    await withClock(async (time) => {
      const verify = verifier({ jwks: { file } });
      await expect(verify(await signer.sign(), undefined)).resolves.toBeDefined();
      writeFileSync(file, JSON.stringify({ keys: [rsa.jwk] }));
      time.ms += 10_000;
      await expect(verify(await rsa.sign(), undefined)).resolves.toBeDefined();
      await expect(verify(await signer.sign(), undefined)).rejects.toThrow('unknown key');
      writeFileSync(file, 'half a fi');
      time.ms += 10_000;
      await expect(verify(await signer.sign(), undefined)).rejects.toThrow('unknown key');
      await expect(verify(await rsa.sign(), undefined)).resolves.toBeDefined();
    });
    rmSync(folder, { recursive: true });
  });

  it('believes a token that one of several keys has signed, whether it names none or the id of several', async () => {
    const [first, second, third] = await Promise.all(['k', 'k', 'k'].map((kid) => tokenSigner(kid)));
    const stranger = await tokenSigner('k');
    const other = await tokenSigner('k', 'ES256');
    const nameless = ({ kid: _, ...jwk }: JWK) => jwk;
    const keys = [first, second, third].flatMap((one) => (one ? [one.jwk] : []));
    const sets = [
      [...keys, other.jwk],
      [other.jwk, ...keys.toReversed()],
      [...keys, ...keys],
      keys.map(nameless),
      // Keys that no token can be signed with are skipped.
      [{ ...other.jwk, alg: 'EdDSA' }, { kty: 'OKP', crv: 'Ed25519', kid: 'k', x: '!' }, {}, ...keys],
    ];
    for (const jwks of sets) {
      const verify = verifier({ jwks: { keys: jwks } });
      const header = jwks[0] && 'kid' in jwks[0] ? {} : { kid: undefined };
      for (const one of [first, second, third]) {
        await expect(verify(await (one as typeof stranger).sign({ header }), undefined)).resolves.toBeDefined();
        await expect(
          verify(await (one as typeof stranger).sign({ header: { kid: undefined } }), undefined),
        ).resolves.toBeDefined();
      }
      await expect(verify(await stranger.sign({ header }), undefined)).rejects.toThrow('signature does not fit');
      const late = (first as typeof stranger).sign({ header, claims: { exp: nowS() - 60 } });
      await expect(verify(await late, undefined)).rejects.toThrow('expired');
    }
  });

  it('tries 16 keys at most', async () => {
    const others = Array.from({ length: 16 }, () => signer.jwk);
    const last = await tokenSigner('a');
    const token = await last.sign();
    const fits = verifier({ jwks: { keys: [...others.slice(1), last.jwk] } });
    await expect(fits(token, undefined)).resolves.toBeDefined();
    const beyond = verifier({ jwks: { keys: [...others, last.jwk] } });
    await expect(beyond(token, undefined)).rejects.toThrow('signature does not fit');
  });

  it('finds a new key that has the name of the old one, or none, once the cooldown is over', async () => {
    for (const header of [{}, { kid: undefined }]) {
      const next = await tokenSigner('a');
      const jwks = await servedKeys(signer.jwk);
      const verify = verifier({ jwks: jwks.url });
      await withClock(async (time) => {
        await verify(await signer.sign({ header }), undefined);
        jwks.state.keys = [next.jwk];
        for (let n = 0; n < 10; n++) {
          await expect(verify(await next.sign({ header }), undefined)).rejects.toThrow('signature does not fit');
        }
        time.ms += 10_000;
        await expect(verify(await next.sign({ header }), undefined)).resolves.toBeDefined();
        expect(jwks.state.fetches).toBe(2);
      });
    }
  });

  it('refuses a token whose one key cannot be used, as a wrong token', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const short = { ...publicKey.export({ format: 'jwk' }), kid: 'r', alg: 'RS256' };
    const malformed = { kty: 'OKP', crv: 'Ed25519', kid: 'a', x: '!' };
    const verify = verifier({ jwks: { keys: [short, malformed] } });
    for (const token of [rsa.sign(), signer.sign()]) {
      await expect(verify(await token, undefined)).rejects.toMatchObject({ name: 'InvalidToken' });
    }
  });

  it('uses no key that is not public', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'a', alg: 'EdDSA' };
    await expect(verifier({ jwks: { keys: [jwk] } })(await signer.sign(), undefined)).rejects.toThrow();
  });

  it.each<[Partial<TokenOptions>, string]>([
    [{ issuer: '' }, 'tokens.issuer must be a text'],
    [{ audience: '' }, 'tokens.audience must not be empty'],
    [{ jwks: new URL('file:///etc/keys') }, 'tokens.jwks must be an http(s) URL'],
    [{ jwks: 'https://x' as never }, 'tokens.jwks must be an http(s) URL'],
    [{ algorithms: [] }, 'not none'],
    [{ algorithms: ['HS256' as never] }, 'not HS256'],
    [{ algorithms: ['none' as never] }, 'not none'],
    [{ clockToleranceMs: -1 }, 'tokens.clockToleranceMs must be a number from 0 to 300000, not -1'],
    [{ maxAgeMs: Number.NaN }, 'tokens.maxAgeMs must be a number from 1000'],
  ])('refuses the options %j', (options, sentence) => {
    expect(() => verifier(options)).toThrow(sentence);
  });
});
