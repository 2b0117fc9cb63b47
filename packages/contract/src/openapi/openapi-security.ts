import type { Contract } from '../contract.ts';
import type { Operation } from '../operations/operation.ts';

type Json = Record<string, unknown>;

/** OpenAPI's `securitySchemes`: how callers authenticate. Empty if every operation is public. */
export function securitySchemes({ operations }: Contract): Json {
  const auths = Object.values(operations).map(({ auth }) => auth);
  if (auths.every((auth) => auth === 'public')) return {};
  return {
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      ...(auths.includes('service') && { certificate: { type: 'mutualTLS' } }),
    },
  };
}

/** What one operation asks of its caller, as OpenAPI's `security`: one of the list will do. Nothing for a public one. */
export function securityOf({ auth }: Operation): Json {
  if (auth === 'public') return {};
  return { security: auth === 'service' ? [{ certificate: [] }, { token: [] }] : [{ token: auth.scopes }] };
}
