/** What is known of a refusal: its code, and the claim where it is about one. */
interface Refusal {
  readonly code: string;
  readonly claim?: unknown;
  readonly reason?: unknown;
}

const byCode: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'expired',
  ERR_JOSE_ALG_NOT_ALLOWED: 'its algorithm is not allowed',
  ERR_JOSE_NOT_SUPPORTED: 'asks for something that is not supported',
  ERR_JWKS_NO_MATCHING_KEY: 'unknown key',
  ERR_JWKS_INVALID: 'its key cannot be used',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'its signature does not fit',
};

const byClaim: Readonly<Record<string, string>> = {
  iss: 'of another issuer',
  aud: 'for another audience',
  nbf: 'not valid yet',
  iat: 'made in the future',
};

/** Why a token was refused, in words for the log. Nothing of the token is in them: not even a claim's value. */
export function reasonOf({ code, claim, reason }: Refusal): string {
  if (code === 'ERR_JWT_EXPIRED' && claim === 'iat') return 'too old';
  if (code !== 'ERR_JWT_CLAIM_VALIDATION_FAILED') return byCode[code] ?? 'malformed';
  if (reason === 'missing') return `has no ${claim} claim`;
  if (reason === 'invalid') return `its ${claim} claim is malformed`;
  return byClaim[String(claim)] ?? 'a claim does not fit';
}
