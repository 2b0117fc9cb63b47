import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** One import or re-export: what is named after `from`. */
export interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

/** One TypeScript file of the repository. */
export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** Files that git knows or would take, below these places. */
export function files(...places: string[]): string[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...places], {
    cwd: root,
    encoding: 'utf8',
  });
  // Once each: in the midst of a merge git names a file for every side of it.
  return [...new Set(list.split('\n'))].filter((path) => path !== '' && existsSync(join(root, path)));
}

/** The TypeScript below these places, without tests and what only tests use. Default: the product, packages and services. */
export function sourceFiles(...places: string[]): SourceFile[] {
  const isTest = /\.test\.ts$|(^|\/)test[-/]/;
  return files(...(places.length > 0 ? places : ['packages', 'services']))
    .filter((path) => path.endsWith('.ts') && !isTest.test(path))
    .map(read);
}

/** Reads a file and what it imports. */
export function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const pattern = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
  const imports = [...text.matchAll(pattern)].map(([, type, specifier]) => ({
    specifier: specifier as string,
    isTypeOnly: type !== undefined,
  }));
  return { path, text, imports };
}

/** The path of the file that a relative import means; none for a package. */
export function target(from: SourceFile, { specifier }: Import): string | undefined {
  return specifier.startsWith('.') ? normalize(join(dirname(from.path), specifier)) : undefined;
}
