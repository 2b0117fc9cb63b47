import { hash } from 'node:crypto';
import { now } from '@parley/contract';
import { maxTokenLength, type VerifiedToken, type VerifyToken } from './token-verifier.ts';

/** Time in ms for which a token that passed is not checked again; the withdrawal of a key takes effect that much later. */
export const rememberMs = 30_000;

/** Some 300 bytes each. */
const maxTokens = 1000;

/**
 * Checks the signature of a token once, not at each request that has it: a check takes 0.2 ms of CPU, more than serving a
 * small request. Remembers only tokens that passed, at most until they expire, and by their hash.
 *
 * @param nowMs In ms since 1970, by a clock that never jumps: with a wall clock that is set back a token would pass for hours.
 */
export function rememberTokens(verify: VerifyToken, nowMs: () => number = now): VerifyToken {
  const known = new Map<string, { readonly verified: VerifiedToken; readonly untilMs: number }>();
  return async function rememberTokens(token, thumbprint) {
    // Refused by its length, before any work on it.
    if (token.length > maxTokenLength) return verify(token, thumbprint);
    // Of both: a token that is bound to a certificate is worth nothing over another one.
    const key = hash('sha256', `${token} ${thumbprint}`, 'base64');
    const remembered = known.get(key);
    if (remembered && nowMs() < remembered.untilMs) return remembered.verified;
    const verified = await verify(token, thumbprint);
    known.delete(key);
    known.set(key, { verified, untilMs: Math.min(verified.expiresAtMs, nowMs() + rememberMs) });
    const [oldest] = known.size > maxTokens ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    return verified;
  };
}
