import { authSchemesOf, type Contract } from '@parley/contract';
import type { ReadRequest } from '../requests/either-version.ts';

/** A caller that a scheme of the service's own has identified. */
export interface IdentifiedCaller {
  /** Unique within its issuer. */
  readonly subject: string;
  /** Who says so. Default: the name of the scheme. */
  readonly issuer?: string;
  /** Default: none. */
  readonly scopes?: readonly string[];
  readonly clientId?: string;
}

/** What may be read of a request to find out who sent it, beyond its head. */
export interface SentProof {
  /**
   * The bytes of the body as they were sent, for a signature over them. The operation reads its own from them afterwards. All
   * are in memory: up to `bodyLimits.maxBytes` of the operation, or `bodyLimitBytes`.
   *
   * @throws CallError `body_too_large`, and `rejected` (408) where it is late
   */
  body(): Promise<Buffer>;
}

/**
 * Identifies the caller of a request. Undefined: the caller is not known by this scheme. What it throws is answered as if the
 * handler had thrown it. Compare secrets with `timingSafeEqual`.
 */
export type Authenticate = ReadRequest<
  [proof: SentProof],
  IdentifiedCaller | undefined | Promise<IdentifiedCaller | undefined>
>;

/** Checks of a contract's own schemes, by the name of the scheme. */
export type Authenticators = Readonly<Record<string, Authenticate>>;

/**
 * Checks that each scheme of a contract can be checked.
 *
 * @throws TypeError where a scheme has no check, or a check no scheme
 */
export function checkAuthenticators({ name, operations }: Contract, authenticate: Authenticators): void {
  const needed = new Map<string, string[]>();
  for (const [operation, { auth }] of Object.entries(operations)) {
    for (const { scheme } of authSchemesOf(auth)) needed.set(scheme, [...(needed.get(scheme) ?? []), operation]);
  }
  for (const [scheme, of] of needed) {
    if (typeof authenticate[scheme] === 'function') continue;
    throw new TypeError(
      `contract ${name}: ${of.join(', ')} has auth by ${scheme}: give the option \`authenticate: { ${scheme}: (req) => … }\``,
    );
  }
  const unknown = Object.keys(authenticate).find((scheme) => !needed.has(scheme));
  if (unknown === undefined) return;
  const known = [...needed.keys()].join(', ') || 'none';
  throw new TypeError(`authenticate has ${unknown}, which no operation of contract ${name} uses: it has ${known}`);
}
