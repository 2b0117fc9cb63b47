import { isRecord } from '@parley/contract';
import type { DocumentedOperation, OpenApiDocument } from './document.ts';

/** The header of bearer tokens. */
export const bearer = 'authorization';

/**
 * The header in which an operation takes a credential that can be given on a command line: `authorization` for a bearer token, or the
 * name of its API key's header. None where its schemes are of other kinds: a cookie, a signature.
 */
export function credentialHeader(
  { schemes }: DocumentedOperation,
  { components }: OpenApiDocument,
): string | undefined {
  const known = components?.securitySchemes;
  const declared = schemes.flatMap((name) => {
    const scheme = isRecord(known) && Object.hasOwn(known, name) ? known[name] : undefined;
    return isRecord(scheme) ? [scheme] : [];
  });
  const isBearer = ({ type, scheme }: Readonly<Record<string, unknown>>) =>
    type === 'oauth2' || type === 'openIdConnect' || (type === 'http' && /^bearer$/i.test(String(scheme)));
  if (declared.length === 0 || declared.some(isBearer)) return bearer;
  const key = declared.find(({ type, in: place }) => type === 'apiKey' && place === 'header');
  return key && String(key.name).toLowerCase();
}
