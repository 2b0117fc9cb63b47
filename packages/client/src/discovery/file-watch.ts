import { readFile } from 'node:fs/promises';
import type { Clock } from '../time/clock.ts';

/** How often files are looked at. */
const lookMs = 1_000;

/**
 * Calls back with the contents of files when one of them has changed; the returned function ends that.
 * Looks at what is in them once a second: that survives an atomic rename, a swapped symbolic link, and file
 * systems without notification of changes. A file that cannot be read has not changed.
 */
export function fileWatch(
  paths: readonly string[],
  known: readonly string[],
  clock: Clock,
  onChange: (contents: readonly string[]) => void,
): () => void {
  let last = known;
  let isEnded = false;
  let cancel = () => {};
  const look = async () => {
    const contents = await Promise.all(paths.map((path) => readFile(path, 'utf8'))).catch(() => last);
    if (isEnded) return;
    if (contents.some((text, index) => text !== last[index])) {
      last = contents;
      onChange(contents);
    }
    arm();
  };
  const arm = () => {
    cancel = clock.after(lookMs, () => void look(), true);
  };
  arm();
  return () => {
    isEnded = true;
    cancel();
  };
}
