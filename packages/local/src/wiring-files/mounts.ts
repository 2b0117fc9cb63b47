import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, normalize, posix, resolve } from 'node:path';
import type { ComposeFile } from '../wiring/compose-file.ts';
import { mappingOf } from '../wiring/mapping.ts';
import { readTextFile } from '../wiring/text-file.ts';

/** A file or folder of the repository inside a container. */
interface Mount {
  /** From the repository, or absolute. */
  readonly source: string;
  /** In the container. */
  readonly target: string;
}

/** A text with its path from the repository. */
export interface MountedText {
  readonly name: string;
  readonly text: string;
}

/** What containers of a compose file have of the repository's files below `/etc/nginx`. */
export function nginxMounts(
  root: string,
  { services }: ComposeFile,
  interpolated: (written: string) => string,
): readonly Mount[] {
  return Object.values(services)
    .flatMap((entry) => mappingOf(entry)?.volumes ?? [])
    .map((volume) => {
      const { source, target } = mappingOf(volume) ?? {};
      const [from = '', to = ''] = source === undefined ? interpolated(String(volume)).split(':') : [source, target];
      return { source: normalize(String(from)), target: String(to).replace(/\/$/, '') };
    })
    .filter(({ source, target }) => /^\/etc\/nginx(\/|$)/.test(target) && existsSync(resolve(root, source)));
}

/**
 * Reads all that a pattern such as `/etc/nginx/conf.d/*.conf` matches in a container.
 *
 * @param pattern a path in the container, with `*` and `?` in the name of the file
 */
export function mountedTexts(root: string, mounts: readonly Mount[], pattern: string): readonly MountedText[] {
  const inFolders = mounts.flatMap(({ source, target }) => {
    const inside = posix.relative(target, dirname(pattern));
    const folder = resolve(root, source, inside);
    if (inside.startsWith('..') || !existsSync(folder) || !statSync(folder).isDirectory()) return [];
    return readdirSync(folder).map((name) => ({
      target: posix.join(target, inside, name),
      path: join(source, inside, name),
    }));
  });
  const files = mounts.map(({ source, target }) => ({ target, path: source }));
  const found = [...inFolders, ...files].filter(
    ({ target, path }) =>
      dirname(target) === dirname(pattern) &&
      matches(basename(target), basename(pattern)) &&
      statSync(resolve(root, path), { throwIfNoEntry: false })?.isFile(),
  );
  // A file that is mounted over one of a folder takes its place.
  const unique = new Map(found.map((one) => [one.target, one.path]));
  return [...unique]
    .sort(([one], [other]) => one.localeCompare(other, 'en'))
    .map(([, path]) => ({ name: path, text: readTextFile(resolve(root, path)) }));
}

/** Whether a name is what a pattern with `*` and `?` means. */
export function matches(name: string, pattern: string): boolean {
  // Where both are, and where to go on after the last star. No expression: it would need exponential time for `*a*a*a*b`.
  let [at, of] = [0, 0];
  let star: { readonly of: number; readonly at: number } | undefined;
  while (at < name.length) {
    if (pattern[of] === '*') star = { of: of++, at };
    else if (of < pattern.length && (pattern[of] === '?' || pattern[of] === name[at])) [at, of] = [at + 1, of + 1];
    else if (star) {
      star = { of: star.of, at: star.at + 1 };
      [at, of] = [star.at, star.of + 1];
    } else return false;
  }
  return /^\**$/.test(pattern.slice(of));
}
