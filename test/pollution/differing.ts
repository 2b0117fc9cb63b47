import type { Pollution } from './polluted.ts';

/** Something that is done once without a member more in `Object.prototype`, and then with one. */
export interface Way {
  ended(pollution?: Pollution, made?: boolean): Promise<readonly string[]>;
}

/** Finds, for each pollution in turn, what ends otherwise than without it. */
export async function differences(way: Way, pollutions: readonly Pollution[], made: boolean): Promise<string[]> {
  const find = await differenceOf(way, made);
  const different: string[] = [];
  for (const pollution of pollutions) {
    const difference = await find(pollution);
    if (difference) different.push(difference);
  }
  return different;
}

/** Finds what ends otherwise with a pollution than without: undefined where all ends as usual. */
export async function differenceOf(way: Way, made: boolean) {
  await way.ended(); // later ones may be answered from memory
  const usual = await way.ended();
  return async (pollution: Pollution): Promise<string | undefined> => {
    const ended = await way.ended(pollution, made).catch((error) => [String(error)]);
    const index = usual.findIndex((one, index) => one !== ended[index]);
    return index < 0 ? undefined : `${JSON.stringify(pollution)}: ${String(ended[index]).slice(0, 300)}`;
  };
}
