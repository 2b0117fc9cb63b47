import { ownMembers } from '@parley/contract';
/** Where a token issuer's public keys are: an address, a file that is read again, or the keys themselves (RFC 7517). */
export type Jwks = URL | { readonly file: string } | { readonly keys: readonly object[] };

/** Signatures that a token may have. None with a shared secret: a service that checks such a token could make one. */
export const tokenAlgorithms = [
  'EdDSA',
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const;

/** One of {@link tokenAlgorithms}. */
export type TokenAlgorithm = (typeof tokenAlgorithms)[number];

/** Which tokens a service believes. */
export interface TokenOptions {
  /** The issuer: must equal the claim `iss`, to the letter. */
  readonly issuer: string;
  readonly jwks: Jwks;
  /** Whom it is for: must be in the claim `aud`. Default: the contract's name. */
  readonly audience?: string;
  /** Default: EdDSA, ES256, PS256 and RS256. */
  readonly algorithms?: readonly TokenAlgorithm[];
  /** How far the issuer's clock and ours may be apart, in ms. Default 30 000. */
  readonly clockToleranceMs?: number;
  /** A token that was made longer ago is refused, however long it says that it is valid. Default: only its `exp` counts. */
  readonly maxAgeMs?: number;
  /**
   * Whether a token stands for a service and not for a person: what `auth: 'service'` asks for. Gets the verified claims.
   * Default: `sub` is the client itself (RFC 9068 §2.2), as in the client credentials grant.
   */
  readonly isService?: (claims: Readonly<Record<string, unknown>>) => boolean;
}

/** Names of {@link TokenOptions}. */
export const tokenOptionNames: readonly (keyof TokenOptions)[] = [
  'issuer',
  'jwks',
  'audience',
  'algorithms',
  'clockToleranceMs',
  'maxAgeMs',
  'isService',
];

/** {@link TokenOptions} with nothing left open. */
export type CheckedTokenOptions = Required<Omit<TokenOptions, 'maxAgeMs'>> & {
  readonly maxAgeMs: number | undefined;
};

/**
 * Fills in the defaults.
 *
 * @throws TypeError that says which option makes no sense
 */
export function tokenOptions(tokens: TokenOptions, audience: string): CheckedTokenOptions {
  const given = ownMembers(tokens);
  const options: CheckedTokenOptions = {
    issuer: given.issuer,
    jwks: given.jwks,
    audience: given.audience ?? audience,
    algorithms: given.algorithms ?? ['EdDSA', 'ES256', 'PS256', 'RS256'],
    clockToleranceMs: given.clockToleranceMs ?? 30_000,
    maxAgeMs: given.maxAgeMs,
    isService: given.isService ?? isItsOwnClient,
  };
  const { issuer, jwks, algorithms, clockToleranceMs, maxAgeMs } = options;
  if (typeof issuer !== 'string' || issuer === '') throw new TypeError(`tokens.issuer must be a text, not ${issuer}`);
  if (options.audience === '')
    throw new TypeError('tokens.audience must not be empty: leave it out, or name the service');
  if (!isJwks(jwks)) throw new TypeError('tokens.jwks must be an http(s) URL object, { file } or { keys }');
  if (jwks instanceof URL && (jwks.username || jwks.password)) {
    throw new TypeError('tokens.jwks must have no user and no password'); // fetch refuses them, and quotes them
  }
  const odd = algorithms.find((one) => !tokenAlgorithms.includes(one));
  if (odd !== undefined || algorithms.length === 0) {
    throw new TypeError(`tokens.algorithms must be some of ${tokenAlgorithms.join(', ')}, not ${odd ?? 'none'}`);
  }
  checkMs('clockToleranceMs', clockToleranceMs, 0, 300_000);
  if (maxAgeMs !== undefined) checkMs('maxAgeMs', maxAgeMs, 1000, Number.MAX_SAFE_INTEGER);
  return options;
}

function isItsOwnClient({ sub, client_id: clientId, azp }: Readonly<Record<string, unknown>>): boolean {
  return sub === (clientId ?? azp);
}

function isJwks(jwks: unknown): boolean {
  if (jwks instanceof URL) return jwks.protocol === 'https:' || jwks.protocol === 'http:';
  return typeof jwks === 'object' && jwks !== null && ('file' in jwks || 'keys' in jwks);
}

function checkMs(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new TypeError(`tokens.${name} must be a number from ${least} to ${most}, not ${value}`);
}
