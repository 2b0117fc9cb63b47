/** One of a list: `"v1"`, `W/"v1"`. What is between quotes may hold commas. RFC 9110 §8.8.3. */
const tags = /(?:W\/)?"[^"]*"/g;

/**
 * Whether a condition (`If-Match`, `If-None-Match`) names a tag: in its list, or by `*`. Weak comparison takes `W/"v1"`
 * and `"v1"` for the same, strong takes no weak tag at all. RFC 9110 §8.8.3.2.
 */
export function namesTag(condition: string, tag: string, comparison: 'weak' | 'strong'): boolean {
  if (condition.trim() === '*') return true;
  const named: readonly string[] = condition.match(tags) ?? [];
  if (comparison === 'strong') return !tag.startsWith('W/') && named.includes(tag);
  return named.some((one) => isSameTag(one, tag));
}

/** Whether two tags stand for the same thing, byte for byte or not: weak comparison. */
export function isSameTag(one: string, other: string): boolean {
  return withoutWeakness(one) === withoutWeakness(other);
}

function withoutWeakness(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
