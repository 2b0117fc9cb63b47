import { type Auth, CallError, currentContext, type MutableContext, type Operation } from '@parley/contract';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { requestLifetimeOf } from '../requests/request-lifetime.ts';
import { callerOf, thumbprintOf } from '../tls/caller-identity.ts';
import { InvalidToken } from '../tokens/invalid-token.ts';
import type { VerifiedToken, VerifyToken } from '../tokens/token-verifier.ts';

/** How callers of one operation are checked. */
export interface AuthOptions {
  readonly operation: Operation;
  /** Absent where no tokens are configured: then only a certificate will do. */
  readonly verifyToken?: VerifyToken | undefined;
  readonly logger: Logger;
}

const bearer = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/**
 * Lets a caller through that may call the operation, and puts its identity into the context. With `auth: 'public'` every
 * caller may, and a token is not read. Otherwise answers 401 with a challenge (RFC 6750 §3) where the proof is missing or
 * wrong, and 403 where it does not suffice. Only the log has the reason why a token was refused.
 */
export function auth({ operation, verifyToken, logger }: AuthOptions): RequestHandler {
  const wanted = operation.auth;
  if (wanted === 'public') return (_req, _res, next) => next();
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

function checkSuffices(res: Response, wanted: Exclude<Auth, 'public'>, { principal, isService }: VerifiedToken): void {
  if (wanted === 'service') {
    if (isService) return;
    throw new CallError('permission_denied', 'This operation is for services: the token is not that of one');
  }
  const { scopes } = wanted;
  if (scopes.every((scope) => principal.scopes.includes(scope))) return;
  res.setHeader('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`);
  throw new CallError('permission_denied', `The token must grant ${scopes.join(' ')}`);
}

function unauthenticated(res: Response, wanted: Auth, hasTokens: boolean): CallError {
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
