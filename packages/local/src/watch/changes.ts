import { delay } from '../time/delay.ts';
import { type Watch, watchFolder } from './watch-folder.ts';

/** Acts on changes until it is closed. */
export interface Changes {
  close(): void;
}

/** Editors write a file in several steps, and people save several files at once. */
const settleMs = 150;

const remedies = new Map([
  ['ENOSPC', ': raise fs.inotify.max_user_watches (Linux)'],
  ['EMFILE', ': raise fs.inotify.max_user_instances (Linux), or "ulimit -n"'],
]);

/**
 * Calls `renew` for each name one of whose folders has changed: once for changes that come together, and one name at a time. A
 * change during a call leads to another one after it.
 *
 * @param onTrouble learns, once and in a sentence, that a folder cannot be watched
 */
export function onChanges(
  folders: ReadonlyMap<string, readonly string[]>,
  renew: (name: string) => Promise<void>,
  onTrouble: (sentence: string) => void,
  watch?: Watch,
): Changes {
  const closing = new AbortController();
  const changed = new Set<string>();
  let isRunning = false;
  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    while (changed.size > 0 && !closing.signal.aborted) {
      await delay(settleMs, closing.signal);
      const [name] = changed;
      if (name === undefined || closing.signal.aborted) break;
      changed.delete(name);
      await renew(name);
    }
    isRunning = false;
  };
  const note = (names: readonly string[]): void => {
    for (const name of names) changed.add(name);
    void run();
  };
  const namesOf = Map.groupBy(
    [...folders].flatMap(([name, all]) => all.map((folder) => ({ name, folder }))),
    ({ folder }) => folder,
  );
  let hasFailed = false;
  const onFailure = ({ message, code = '' }: NodeJS.ErrnoException): void => {
    const remedy = remedies.get(code) ?? '';
    if (!hasFailed) onTrouble(`--watch does not see all changes: ${message}${remedy}`);
    hasFailed = true;
  };
  const watches = [...namesOf].map(([folder, all]) =>
    watchFolder(folder, () => note(all.map(({ name }) => name)), onFailure, watch),
  );
  return {
    close() {
      closing.abort();
      for (const watch of watches) watch.close();
    },
  };
}
