import { type Auth, type Contract, ownMembers } from '@parley/contract';
import type { Logger } from 'pino';
import { type Authenticators, checkAuthenticators } from './own-schemes.ts';
import { rememberTokens } from './remembered-tokens.ts';
import type { TokenOptions } from './token-options.ts';
import { tokenVerifier, type VerifyToken } from './token-verifier.ts';

/** How an app identifies its callers. */
export interface AuthenticationOptions {
  /** Tokens that identify callers, for operations with `auth`. Default: none; `serve` accepts those of `TOKEN_ISSUER`. */
  readonly tokens?: TokenOptions | undefined;
  /** Checks of the contract's own schemes (`authScheme`), by name: `{ apiKey: (req) => … }`. Default: none. */
  readonly authenticate?: Authenticators;
  /** Whether the server in front of this app checks client certificates. Default false; `serve` knows by itself. */
  readonly clientCertificates?: boolean;
}

/**
 * Makes the check of tokens of an app; undefined where no tokens are configured.
 *
 * @throws TypeError where an operation has `auth` and no caller could ever pass it; names the operations and what to
 *   configure
 */
export function authentication(
  contract: Contract,
  { tokens, authenticate = {}, clientCertificates = false }: AuthenticationOptions,
  logger: Logger,
): VerifyToken | undefined {
  checkAuthenticators(contract, ownMembers(authenticate));
  if (tokens) return rememberTokens(tokenVerifier(tokens, contract.name, logger));
  expectCertificatesToDo(contract, clientCertificates);
  return undefined;
}

function expectCertificatesToDo({ name, operations }: Contract, hasClientCertificates: boolean): void {
  const named = (isMeant: (auth: Auth) => boolean) =>
    Object.entries(operations).flatMap(([operation, { auth }]) => (isMeant(auth) ? operation : []));
  const byToken = named((auth) => typeof auth === 'object' && 'scopes' in auth);
  const byEither = hasClientCertificates ? [] : named((auth) => auth === 'service');
  if (byToken.length + byEither.length === 0) return;
  const faults = [
    ...(byToken.length > 0 ? [`${byToken.join(', ')} can be called with a token only`] : []),
    ...(byEither.length > 0 ? [`${byEither.join(', ')} can be called with a token or client certificate only`] : []),
  ];
  const certificates = byToken.length > 0 ? '' : ', or TLS with a `ca` (TLS_CA_FILE)';
  throw new TypeError(
    `contract ${name}: ${faults.join('; ')}: give the option \`tokens\` (TOKEN_ISSUER and TOKEN_JWKS_URL)${certificates}`,
  );
}
