import { membersSchema } from '../bodies/with-body.ts';
import { objectMembers, wireSchemaOf } from '../schemas/json-schema.ts';
import { isBodyless } from './body-of.ts';
import type { Operation } from './operation.ts';

const redirects = new Set([301, 302, 303, 307, 308]);

/** Finds what is wrong with an operation's status, as the end of a sentence. Undefined if a reply can have it. RFC 9110 §15. */
export function statusFault({ status, output, responseHeaders }: Operation): string | undefined {
  if (!Number.isInteger(status) || status < 200 || status > 399 || status === 304) {
    return `has status ${status}: success is from 200 to 399, and 304 is the kit's own`;
  }
  const headers = responseHeaders.map(([, header]) => header);
  if (redirects.has(status) && !headers.includes('location')) {
    return `answers ${status}, but says not where to: responseHeaders must have a member for Location`;
  }
  if (!isBodyless(status) || !output) return undefined;
  const members = objectMembers(wireSchemaOf(membersSchema(output), 'output'))?.schemas;
  const inHeaders = responseHeaders.map(([member]) => member);
  const stray = members
    ? [...members.keys()].find((name) => !inHeaders.includes(name))
    : 'something else than an object';
  return (
    stray && `answers ${status}, which has no body, and gives ${stray}: each member needs a header in responseHeaders`
  );
}
