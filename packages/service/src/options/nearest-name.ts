/**
 * The name that a misspelled one is for: with at most a third of its letters added, removed or replaced, upper and lower case
 * alike. Undefined where none is near. Both a typing error of two neighbours and a wrong ending are near.
 */
export function nearestName(wrong: string, names: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(wrong.length / 3));
  let [nearest, fewest]: [string | undefined, number] = [undefined, most + 1];
  for (const name of names) {
    const edits = editsBetween(wrong.toLowerCase(), name.toLowerCase());
    if (edits < fewest) [nearest, fewest] = [name, edits];
  }
  return nearest;
}

/** Letters that are added, removed or replaced between two texts (Levenshtein). */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (let at = 1; at <= other.length; at++) {
      const replaced = (row[at - 1] ?? 0) + (letter === other[at - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
