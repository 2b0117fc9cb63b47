// A list of strings, RFC 9651 §3.1 and §3.3.3. Parameters are allowed, and mean nothing.
const text = '"((?:[ !#-\\[\\]-~]|\\\\["\\\\])*)"';
const parameter = ';[ ]*[a-z*][a-z0-9_.*-]*(?:=(?:"(?:[ !#-\\[\\]-~]|\\\\["\\\\])*"|[^\\s",;]+))?';
const member = new RegExp(`[ \\t]*${text}(?:${parameter})*[ \\t]*(,|$)`, 'y');

/**
 * Reads `Cache-Groups` or `Cache-Group-Invalidation`: `"scripts", "price list"`. Empty where the field is no list of strings, which RFC 9875
 * has caches ignore; at most 64 groups.
 */
export function cacheGroups(field: string | readonly string[] | undefined): readonly string[] {
  if (field === undefined) return [];
  const line = String(field).trim();
  const groups: string[] = [];
  member.lastIndex = 0;
  while (member.lastIndex < line.length) {
    const found = member.exec(line);
    if (!found) return [];
    groups.push((found[1] as string).replace(/\\(.)/g, '$1'));
    if (found[2] === '') break;
    if (member.lastIndex >= line.length) return []; // a comma at the end
  }
  return groups.slice(0, 64);
}
