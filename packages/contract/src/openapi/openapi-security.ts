import type { Contract } from '../contract.ts';
import { authSchemesOf, type Operation } from '../operations/operation.ts';

type Json = Record<string, unknown>;

/** OpenAPI's `securitySchemes`: how callers authenticate. Empty if every operation is public. */
export function securitySchemes({ operations }: Contract): Json {
  const auths = Object.values(operations).map(({ auth }) => auth);
  if (auths.every((auth) => auth === 'public')) return {};
  const own = auths.flatMap(authSchemesOf);
  const hasTokens = auths.some((auth) => auth !== 'public' && authSchemesOf(auth).length === 0);
  return {
    securitySchemes: {
      ...(hasTokens && { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } }),
      ...(auths.includes('service') && { certificate: { type: 'mutualTLS' } }),
      ...Object.fromEntries(own.map(({ scheme, openapi }) => [scheme, openapi])),
    },
  };
}

/** What one operation asks of its caller, as OpenAPI's `security`: one of the list will do. Nothing for a public one. */
export function securityOf({ auth }: Operation): Json {
  if (auth === 'public') return {};
  if (auth === 'service') return { security: [{ certificate: [] }, { token: [] }] };
  if ('scopes' in auth) return { security: [{ token: auth.scopes }] };
  return { security: authSchemesOf(auth).map(({ scheme }) => ({ [scheme]: [] })) };
}
