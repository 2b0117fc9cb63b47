/**
 * The name that a misspelled one is most likely for: with at most a third of the letters of the longer one added, removed,
 * replaced or swapped with the next one, upper and lower case alike. Undefined where none is near.
 */
export function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  const wanted = wrong.toLowerCase();
  let [nearest, fewest]: [string | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const name of names) {
    const edits = editDistance(wanted, name.toLowerCase());
    const most = Math.max(1, Math.floor(Math.max(wrong.length, name.length) / 3));
    if (edits <= most && edits < fewest && edits < name.length) [nearest, fewest] = [name, edits];
  }
  return nearest;
}

/** How many letters to add, remove, replace, or swap with the next one (optimal string alignment). */
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
