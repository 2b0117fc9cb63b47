import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

/** Watches until it is closed. */
export interface FolderWatch {
  close(): void;
}

/** What a process may have loaded. Others, such as a database or a log, change while it runs. */
const code = /\.([cm]?[jt]s|json)$/;
const ignoredFile = /\.test\.[cm]?[jt]s$/;
const ignoredFolder = /^(?:\.|node_modules$)/;

/**
 * Calls back when a file of code changes in a folder or below, but for tests, `node_modules` and hidden folders. Node's own
 * recursive watch would look into `node_modules`.
 */
export function watchFolder(root: string, onChange: () => void): FolderWatch {
  const watchers = new Map<string, FSWatcher>();
  const add = (folder: string): void => {
    if (watchers.has(folder)) return;
    const names = foldersIn(folder);
    if (!names) return;
    const watcher = watch(folder, (_event, name) => {
      if (name === null || (code.test(name) && !ignoredFile.test(name))) onChange();
      // It may be a new folder, in which there are files already.
      else if (!ignoredFolder.test(name) && foldersIn(join(folder, name))) {
        add(join(folder, name));
        onChange();
      }
    });
    watcher.on('error', () => forget(folder));
    watchers.set(folder, watcher);
    for (const name of names) add(join(folder, name));
  };
  const forget = (folder: string): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };
  add(root);
  return {
    close: () => {
      for (const folder of [...watchers.keys()]) forget(folder);
    },
  };
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
