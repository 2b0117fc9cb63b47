import type { ApiDocument, ApiOperation } from './api-document.ts';
import type { Finding } from './change.ts';
import { canonical, type Json, listOf, objectOf } from './json.ts';

/** One way to say who calls. */
interface Alternative {
  /** The same for schemes that ask the same of a caller, whatever their names. */
  readonly key: string;
  readonly words: string;
  readonly scopes: readonly string[];
}

/** Compares which callers an operation admits. */
export function compareSecurity(
  before: readonly [ApiDocument, ApiOperation],
  after: readonly [ApiDocument, ApiOperation],
): Finding[] {
  const [old, now] = [alternativesOf(before), alternativesOf(after)];
  const where = '';
  if (!old && !now) return [];
  if (!old) return [{ rule: 'auth-added', where, after: wordsOf(now ?? []) }];
  if (!now) return [{ rule: 'auth-removed', where, before: wordsOf(old) }];
  const gone = old.filter(({ key }) => !now.some((one) => one.key === key));
  const fresh = now.filter(({ key }) => !old.some((one) => one.key === key));
  return [
    ...gone.map(({ words }): Finding => ({ rule: 'auth-scheme-removed', where, before: words })),
    ...fresh.map(({ words }): Finding => ({ rule: 'auth-scheme-added', where, after: words })),
    ...old.flatMap((one) => {
      const other = now.find(({ key }) => key === one.key);
      return other ? scopeChanges(one, other) : [];
    }),
  ];
}

/** Undefined where anybody may call. */
function alternativesOf([{ root, reader }, { json }]: readonly [ApiDocument, ApiOperation]):
  | readonly Alternative[]
  | undefined {
  const asked = listOf(json.security ?? root.security).map(objectOf);
  if (asked.length === 0 || asked.some((one) => Object.keys(one).length === 0)) return undefined;
  const schemes = objectOf(objectOf(root.components).securitySchemes);
  return asked.map((one) => {
    const names = Object.keys(one).sort();
    const definitions = names.map((name) => definitionOf(name, reader.resolve(schemes[name])));
    return {
      key: canonical(definitions),
      words: names.join(' and '),
      scopes: Object.values(one).flatMap(listOf) as string[],
    };
  });
}

function definitionOf(name: string, { type, in: place, name: field, scheme }: Json): Json | string {
  return type === undefined ? name : { type, place, field, scheme };
}

function scopeChanges(before: Alternative, after: Alternative): Finding[] {
  const gone = before.scopes.filter((scope) => !after.scopes.includes(scope));
  const fresh = after.scopes.filter((scope) => !before.scopes.includes(scope));
  return [
    ...(gone.length > 0 ? [{ rule: 'scope-removed', where: '', before: gone.join(', ') } as const] : []),
    ...(fresh.length > 0 ? [{ rule: 'scope-added', where: '', after: fresh.join(', ') } as const] : []),
  ];
}

function wordsOf(alternatives: readonly Alternative[]): string {
  return alternatives
    .map(({ words, scopes }) => (scopes.length > 0 ? `${words} with ${scopes.join(', ')}` : words))
    .join(' or ');
}
