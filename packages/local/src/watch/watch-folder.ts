import { type FSWatcher, watch as nodeWatch, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

/** Watches until it is closed. */
export interface FolderWatch {
  close(): void;
}

/** What a process may have loaded. Others, such as a database or a log, change while it runs. */
const code = /\.([cm]?[jt]s|json)$/;
const ignoredFile = /\.test\.[cm]?[jt]s$/;
const ignoredFolder = /^(?:\.|node_modules$)/;

/** Node's `watch`, or a test's. */
export type Watch = (folder: string, onEvent: (event: string, name: string | null) => void) => FSWatcher;

/**
 * Calls back when a file of code changes in a folder or below, but for tests, `node_modules` and hidden folders. Node's own
 * recursive watch would look into `node_modules`.
 *
 * @param onFailure learns the error of a folder that cannot be watched; the others are
 */
export function watchFolder(
  root: string,
  onChange: () => void,
  onFailure: (error: NodeJS.ErrnoException) => void,
  watch: Watch = nodeWatch,
): FolderWatch {
  const watchers = new Map<string, FSWatcher>();
  const add = (folder: string): boolean => {
    const names = foldersIn(folder);
    if (!names) return false;
    try {
      const watcher = watch(folder, (_event, name) => see(folder, name));
      watcher.on('error', () => forget(folder));
      watchers.set(folder, watcher);
    } catch (error) {
      // One that has gone since needs no watcher.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onFailure(error as NodeJS.ErrnoException);
    }
    for (const name of names) add(join(folder, name));
    return true;
  };
  const see = (folder: string, name: string | null): void => {
    if (name === null || (code.test(name) && !ignoredFile.test(name))) onChange();
    else if (!ignoredFolder.test(name) && renew(join(folder, name))) onChange();
  };
  /** A folder that is new has files already. The watcher of one that was made again sees nothing more: it has another inode. */
  const renew = (folder: string): boolean => {
    const wasThere = forget(folder);
    return add(folder) || wasThere;
  };
  /** Whether the folder was watched. Those below it are forgotten too. */
  const forget = (folder: string): boolean => {
    const gone = [...watchers].filter(([path]) => path === folder || path.startsWith(folder + sep));
    for (const [path, watcher] of gone) {
      watcher.close();
      watchers.delete(path);
    }
    return gone.length > 0;
  };
  add(root);
  return { close: () => void forget(root) };
}

/** Names of the folders in a folder that may have code, or undefined where that is no folder. */
function foldersIn(folder: string): readonly string[] | undefined {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && !ignoredFolder.test(entry.name)).map(({ name }) => name);
  } catch {
    return undefined;
  }
}
