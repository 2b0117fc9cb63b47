import {
  type AuthScheme,
  authSchemesOf,
  CallError,
  currentContext,
  type MutableContext,
  type Operation,
  ownMember,
  ownMembers,
} from '@parley/contract';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { keepBody, standardBodyLimitBytes } from '../requests/body-bytes.ts';
import { hasBody } from '../requests/has-body.ts';
import { requestLifetimeOf } from '../requests/request-lifetime.ts';
import { readBeforeDeadline } from '../requests/timely-body.ts';
import { callerOf, thumbprintOf } from '../tls/caller-identity.ts';
import { InvalidToken } from '../tokens/invalid-token.ts';
import type { Authenticators, SentProof } from '../tokens/own-schemes.ts';
import type { VerifiedToken, VerifyToken } from '../tokens/token-verifier.ts';

/** How callers of one operation are checked. */
export interface AuthOptions {
  readonly operation: Operation;
  /** Absent where no tokens are configured: then only a certificate will do. */
  readonly verifyToken?: VerifyToken | undefined;
  /** Checks of the contract's own schemes. */
  readonly authenticate?: Authenticators | undefined;
  /** The largest body in bytes, for a check that reads it: where the operation has no limit of its own. */
  readonly bodyLimitBytes?: number | undefined;
  readonly logger: Logger;
}

/** Which tokens may call an operation: those of a service, or those with all of these scopes. */
type ByToken = 'service' | { readonly scopes: readonly string[] };

const bearer = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/**
 * Lets a caller through that may call the operation, and puts its identity into the context. With `auth: 'public'` every
 * caller may, and a token is not read. Otherwise answers 401 with a challenge (RFC 6750 §3) where the proof is missing or
 * wrong, and 403 where it does not suffice. Only the log has the reason why a token was refused.
 */
export function auth(options: AuthOptions): RequestHandler {
  const { operation, verifyToken, logger } = options;
  const wanted = operation.auth;
  if (wanted === 'public') return (_req, _res, next) => next();
  if (wanted !== 'service' && !('scopes' in wanted)) return ownAuth(authSchemesOf(wanted), options);
  return async function auth(req, res, next) {
    if (wanted === 'service' && isServiceByCertificate(req)) return next();
    const token = verifyToken && tokenOf(req, res);
    if (!token) throw unauthenticated(res, wanted, verifyToken !== undefined);
    const end = requestLifetimeOf(currentContext());
    const verify = () => verifyToken(token, thumbprintOf(req.socket));
    const verified = await (end ? end.bound(verify) : verify()).catch((error) => {
      if (!(error instanceof InvalidToken)) throw error;
      const { requestId } = currentContext();
      logger.warn({ operation: operation.label, requestId, reason: error.message }, 'token refused');
      throw invalidToken(res);
    });
    checkSuffices(res, wanted, verified);
    // No copy: that would read the signal, which is made when somebody asks for it, and lose the log.
    (currentContext() as MutableContext).principal = verified.principal;
    next();
  };
}

/** Lets a caller through that one of the contract's own schemes identifies; the first that does counts. */
function ownAuth(schemes: readonly AuthScheme[], options: AuthOptions): RequestHandler {
  const { authenticate = {}, operation, bodyLimitBytes = standardBodyLimitBytes } = options;
  const { maxBytes = bodyLimitBytes } = ownMembers(operation.bodyLimits ?? {});
  const needed = `This operation needs ${schemes.map(proofOf).join(' or ')}`;
  return async function ownAuth(req, res, next) {
    const proof: SentProof = { body: () => bodyOf(req, res, maxBytes) };
    const end = requestLifetimeOf(currentContext());
    for (const { scheme } of schemes) {
      const identify = async () => ownMember(authenticate, scheme)?.(req, proof);
      const caller = await (end ? end.bound(identify) : identify());
      if (!caller) continue;
      const { subject, issuer = scheme, scopes = [], clientId } = ownMembers(caller);
      const principal = { subject, issuer, scopes, ...(clientId !== undefined && { clientId }) };
      (currentContext() as MutableContext).principal = principal;
      return next();
    }
    res.setHeader('WWW-Authenticate', schemes.map(challengeOf));
    throw new CallError('unauthenticated', needed);
  };
}

/** A scheme and where its proof is: `apiKey (header x-api-key)`. */
function proofOf({ scheme, openapi }: AuthScheme): string {
  if (openapi.type === 'http') return `${scheme} (header authorization: ${openapi.scheme} …)`;
  const { in: place, name } = openapi;
  return `${scheme} (${place === 'query' ? 'query parameter' : place} ${name})`;
}

// A 401 must have a challenge (RFC 9110 §15.5.2), and none is registered for keys and cookies.
function challengeOf({ scheme, openapi }: AuthScheme): string {
  return openapi.type === 'http' ? openapi.scheme : scheme;
}

async function bodyOf(req: Request, res: Response, maxBytes: number): Promise<Buffer> {
  const bytes = hasBody(req) ? await readBeforeDeadline(req, res, maxBytes) : Buffer.alloc(0);
  keepBody(req, bytes);
  return bytes;
}

/** A gateway's certificate does not identify the gateway's own caller. A gateway always sends a header of forwarding. */
function isServiceByCertificate({ socket, headers }: Request): boolean {
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false;
  return callerOf(socket) !== undefined;
}

function tokenOf({ headers }: Request, res: Response): string | undefined {
  const { authorization = '' } = headers;
  if (!/^bearer\b/i.test(authorization)) return undefined;
  const token = bearer.exec(authorization)?.[1];
  if (!token) throw invalidToken(res);
  return token;
}

function checkSuffices(res: Response, wanted: ByToken, { principal, isService }: VerifiedToken): void {
  if (wanted === 'service') {
    if (isService) return;
    throw new CallError('permission_denied', 'This operation is for services: the token is not that of one');
  }
  const { scopes } = wanted;
  if (scopes.every((scope) => principal.scopes.includes(scope))) return;
  res.setHeader('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`);
  throw new CallError('permission_denied', `The token must grant ${scopes.join(' ')}`);
}

function unauthenticated(res: Response, wanted: ByToken, hasTokens: boolean): CallError {
  // A 401 must have a challenge (RFC 9110 §15.5.2), and none is registered for certificates.
  res.setHeader('WWW-Authenticate', 'Bearer');
  const certificate = hasTokens ? 'a client certificate or the bearer token of a service' : 'a client certificate';
  const proof = wanted === 'service' ? certificate : 'a bearer token';
  return new CallError('unauthenticated', `This operation needs ${proof}`);
}

function invalidToken(res: Response): CallError {
  res.setHeader('WWW-Authenticate', 'Bearer error="invalid_token"');
  return new CallError('unauthenticated', 'The token is not valid here');
}
