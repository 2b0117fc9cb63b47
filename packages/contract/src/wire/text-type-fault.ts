import type { JsonSchema } from '../schemas/json-schema.ts';
import { elementsOf, findTextTypes, type TextTypes } from './text-schema.ts';
import { parse } from './text-type.ts';

/**
 * Says why no text can stand for a member with these wire schemas, as the end of a sentence that begins with its name;
 * undefined where one can.
 *
 * @param mayRepeat true in a query, where a list is a parameter that comes several times
 */
export function textTypeFault(
  schemas: readonly JsonSchema[],
  root: JsonSchema,
  mayRepeat: boolean,
): string | undefined {
  const found = findTextTypes(schemas, root);
  const own = faultOf(found, mayRepeat);
  if (own || found.isUnknown) return own;
  const [list] = found.lists.values();
  for (const schema of list ? elementsOf(list) : []) {
    const fault = textTypeFault([schema], root, false);
    if (fault) return `is a list, each element of which ${fault}`;
  }
  return undefined;
}

function faultOf({ scalars, strings, lists, others, isUnknown }: TextTypes, mayRepeat: boolean): string | undefined {
  const place = mayRepeat ? 'query' : 'path, header or list of a query';
  if (others.has('null')) return `may be null, which no ${place} can say: make it optional instead`;
  const [other] = others;
  if (other)
    return `may be of type ${other}, which no ${place} can hold: use members of one value or, in a query, lists`;
  if (lists.size > 0 && !mayRepeat) return `may be a list, which no ${place} can hold`;
  if (lists.size > 1 || (lists.size === 1 && isUnknown)) return 'may be one of several lists: choose one';
  const types = [...scalars].filter((type) => type !== 'string');
  const isAmbiguous =
    (types.includes('number') && types.includes('bigint')) ||
    (scalars.has('string') &&
      types.length > 0 &&
      (strings === 'any' || [...strings].some((text) => parse(text, scalars) !== text)));
  return isAmbiguous ? `may be of type ${[...scalars].join(' or ')}, which a text cannot tell apart` : undefined;
}
