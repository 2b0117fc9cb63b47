/** The name that a mistyped one most likely means; undefined where none is near. */
export function nearestName(typed: string, names: Iterable<string>): string | undefined {
  const wanted = typed.toLowerCase();
  let best: string | undefined;
  // A third of the letters may be wrong.
  let least = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(wanted, name.toLowerCase());
    if (distance < least && distance < name.length) [best, least] = [name, distance];
  }
  return best;
}

/** The end of a sentence about an unknown name: `; did you mean "hello"?`, or the names that there are. */
export function suggestion(typed: string, names: readonly string[]): string {
  const nearest = nearestName(typed, names);
  if (nearest !== undefined) return `; did you mean "${nearest}"?`;
  return names.length > 0 ? `; there is ${names.join(', ')}` : '';
}

/** How many letters to insert, remove, replace, or swap with the next one. */
function editDistance(one: string, other: string): number {
  let [before, last] = [[] as number[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const at = (line: readonly number[], index: number) => line[index] ?? 0;
      let least = Math.min(at(current, column - 1) + 1, at(last, column) + 1, at(last, column - 1) + Number(!isSame));
      const isSwapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (isSwapped) least = Math.min(least, at(before, column - 2) + 1);
      current.push(least);
    }
    [before, last] = [last, current];
  }
  return last[other.length] ?? 0;
}
