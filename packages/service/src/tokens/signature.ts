import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { InvalidToken } from './invalid-token.ts';
import { reasonOf } from './reason-of.ts';

/** Several keys fit a token that names none, or whose `kid` several have. More are not tried: each costs up to 0.2 ms of CPU. */
const maxKeysTried = 16;

const imported = new WeakMap<JSONWebKeySet, JWTVerifyGetKey>();

/** Checks signature and claims of a token. Throws errors of jose only: {@link refusalOf} knows what they mean. */
export async function signedBy(keys: JSONWebKeySet, token: string, checks: JWTVerifyOptions): Promise<JWTVerifyResult> {
  const keySet = imported.get(keys) ?? createLocalJWKSet(keys);
  imported.set(keys, keySet);
  try {
    return await jwtVerify(token, keySet, checks);
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return signedByOne(error, token, checks);
    if (error instanceof errors.JOSEError) throw error;
    throw new errors.JWKSInvalid(); // of a key that is malformed, or too short
  }
}

async function signedByOne(keys: AsyncIterable<CryptoKey>, token: string, checks: JWTVerifyOptions) {
  let tried = 0;
  for await (const key of keys) {
    if (tried++ === maxKeysTried) break;
    try {
      return await jwtVerify(token, key, checks);
    } catch (error) {
      // The signature is checked first: another reason means that it fits.
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

/** An issuer may have a new key that this service does not know yet: with a new `kid`, without one, or in place of an old key. */
export function mayBeNewKey(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;
}

/** What to throw in place of an error of {@link signedBy}: the token is not to be believed. Other errors stay as they are. */
export function refusalOf(error: unknown): unknown {
  return error instanceof errors.JOSEError ? new InvalidToken(reasonOf(error)) : error;
}
