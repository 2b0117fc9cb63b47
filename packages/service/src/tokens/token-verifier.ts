import { CallError, type Principal } from '@parley/contract';
import type { JSONWebKeySet, JWTPayload } from 'jose';
import type { Logger } from 'pino';
import { InvalidToken } from './invalid-token.ts';
import { firstReadEveryMs } from './key-source.ts';
import { openKeys } from './open-keys.ts';
import { type CheckedTokenOptions, type TokenOptions, tokenOptions } from './token-options.ts';

/** What a token proves. */
export interface VerifiedToken {
  readonly principal: Principal;
  /** It stands for a service, not for a person. */
  readonly isService: boolean;
  /** When it proves nothing any more, in ms since 1970 by the issuer's clock. */
  readonly expiresAtMs: number;
}

/** Checks a token. `thumbprint` is that of the connection's client certificate, where it has one. */
export type VerifyToken = (token: string, thumbprint: string | undefined) => Promise<VerifiedToken>;

/** Longer tokens are not looked at, not even hashed. All headers together may have 16 KiB. */
export const maxTokenLength = 8192;

/**
 * Makes the check of a service's tokens: JWTs (RFC 7519, by the advice of RFC 8725 and RFC 9068) with a signature of the
 * issuer's keys, for this service, not expired. Nothing in a token says where its key comes from or which check is made.
 * It throws InvalidToken where a token is not to be believed, and CallError `unavailable` while there are no keys at all.
 *
 * @throws TypeError where an option makes no sense
 * @throws ConfigError where a file with keys cannot be read
 */
export function tokenVerifier(given: TokenOptions, contractName: string, logger: Logger): VerifyToken {
  const options = tokenOptions(given, contractName);
  const keys = openKeys(options.jwks, keysOf, logger);
  // Only here, since it is a tenth of what a service loads; at once, so that no caller waits for it.
  const library = import('./signature.ts');
  const { issuer, audience, algorithms, clockToleranceMs, maxAgeMs } = options;
  const checks = {
    issuer,
    audience,
    algorithms: [...algorithms],
    clockTolerance: clockToleranceMs / 1000,
    requiredClaims: ['sub', 'exp'],
    ...(maxAgeMs !== undefined && { maxTokenAge: maxAgeMs / 1000 }),
  };
  const signed = async (token: string) => {
    const { signedBy, mayBeNewKey } = await library;
    const current = await keys.current();
    if (!current) throw noKeys();
    try {
      return await signedBy(current, token, checks);
    } catch (error) {
      if (!mayBeNewKey(error)) throw error;
      const newest = await keys.newest();
      if (!newest || newest === current) throw error;
      return signedBy(newest, token, checks);
    }
  };
  return async function verifyToken(token, thumbprint) {
    if (token.length > maxTokenLength) throw new InvalidToken(`longer than ${maxTokenLength} characters`);
    try {
      const { payload, protectedHeader } = await signed(token);
      checkType(protectedHeader.typ);
      checkBinding(payload, thumbprint);
      return verified(payload, options);
    } catch (error) {
      throw (await library).refusalOf(error);
    }
  };
}

/** @throws TypeError where these are no keys, so that the ones at hand stay */
function keysOf(json: unknown): JSONWebKeySet {
  const { keys } = Object(json) as Partial<JSONWebKeySet>;
  const isKeySet = Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null);
  if (!isKeySet || keys.length === 0) throw new TypeError('expected a JWK Set with at least one key');
  return { keys: structuredClone(keys) };
}

function noKeys(): CallError {
  return new CallError('unavailable', 'Callers cannot be checked now', { retryAfterMs: firstReadEveryMs });
}

// The same keys sign other things too: logout tokens, security events (RFC 8725 §3.11).
function checkType(type: string | undefined): void {
  if (type !== undefined && !/^(application\/)?(jwt|at\+jwt)$/i.test(type)) throw new InvalidToken('no access token');
}

// RFC 8705 §3. Another kind of binding cannot be checked here, and a bound token must not be taken without.
function checkBinding({ cnf }: JWTPayload, thumbprint: string | undefined): void {
  if (cnf === undefined) return;
  const bound = (cnf as Record<string, unknown> | null)?.['x5t#S256'];
  if (typeof bound !== 'string') throw new InvalidToken('bound in a way that this service cannot check');
  if (bound !== thumbprint) throw new InvalidToken('bound to another certificate than that of the connection');
}

function verified(claims: JWTPayload, { isService, maxAgeMs }: CheckedTokenOptions): VerifiedToken {
  const { sub, iss, exp = 0, iat = 0, scope, scp, client_id: clientId = claims.azp } = claims;
  if (!sub) throw new InvalidToken('has no sub claim');
  const principal: Principal = Object.freeze({
    subject: sub,
    issuer: iss as string,
    scopes: Object.freeze(scopesOf(scope ?? scp)),
    ...(typeof clientId === 'string' && { clientId }),
  });
  const oldestMs = maxAgeMs === undefined ? Number.POSITIVE_INFINITY : iat * 1000 + maxAgeMs;
  return { principal, isService: isService(claims) === true, expiresAtMs: Math.min(exp * 1000, oldestMs) };
}

// `scope` is one text (RFC 8693 §4.2); `scp` with some issuers a list.
function scopesOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ').filter(Boolean);
  return Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : [];
}
