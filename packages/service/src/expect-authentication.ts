import type { Contract } from '@parley/contract';

/** By what an app can tell who calls. */
export interface Authentication {
  readonly hasTokens: boolean;
  readonly hasClientCertificates: boolean;
}

/**
 * Refuses to serve a contract whose operations nobody could be let into: whoever wrote `auth` believes that callers are
 * checked, and finds out at start rather than by refused calls.
 *
 * @throws TypeError that names the operations, and what to configure
 */
export function expectAuthentication({ name, operations }: Contract, by: Authentication): void {
  if (by.hasTokens) return;
  const named = (isMeant: (auth: unknown) => boolean) =>
    Object.entries(operations).flatMap(([operation, { auth }]) => (isMeant(auth) ? operation : []));
  const byToken = named((auth) => typeof auth === 'object');
  const byEither = by.hasClientCertificates ? [] : named((auth) => auth === 'service');
  if (byToken.length + byEither.length === 0) return;
  const faults = [
    ...(byToken.length > 0 ? [`${byToken.join(', ')} can be called with a token only`] : []),
    ...(byEither.length > 0 ? [`${byEither.join(', ')} with a token or client certificate only`] : []),
  ];
  const certificates = byToken.length > 0 ? '' : ', or TLS with a `ca` (TLS_CA_FILE)';
  throw new TypeError(
    `contract ${name}: ${faults.join('; ')}: give the option \`tokens\` (TOKEN_ISSUER and TOKEN_JWKS_URL)${certificates}`,
  );
}
