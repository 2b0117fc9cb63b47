import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What `set-up.ts` made for all tests here. */
export interface Outside {
  /** Holds all of it. */
  readonly folder: string;
  /** A folder with the packed packages and {@link tools} in its `node_modules`. */
  readonly home: string;
  /** The clean clone, after `npm ci` and `npm run pack`. */
  readonly clone: string;
  /** Paths of the tarballs, one for each package. */
  readonly tarballs: readonly string[];
  /** What npm wrote to stderr while it installed a clean clone, and the home. */
  readonly warnings: string;
}

/** Hands {@link Outside} from the setup to the tests. */
export const outsideVariable = 'PARLEY_OUTSIDE';

/** What `set-up.ts` made. */
export const outside = (): Outside => JSON.parse(process.env[outsideVariable] as string);

/** What the home has besides the packages, by exact version. */
export const tools = [
  '@babel/plugin-transform-modules-commonjs@7.28.6',
  '@types/node@24.19.2',
  '@valibot/to-json-schema@1.8.0',
  'bun@1.4.5',
  'deno@2.9.6',
  'esbuild@0.28.2',
  'jest@30.5.2',
  'node-20@npm:node@20.19.5',
  'node-22.23@npm:node@22.23.3',
  'typescript-5.6@npm:typescript@5.6.3',
  'typescript-5.9@npm:typescript@5.9.3',
  'typescript-7@npm:typescript@7.0.2',
  'valibot@1.5.0',
  'vitest@5.1.2',
  'zod@4.6.7',
];

/** Options of `npm install` in tests: nothing but the packages. */
export const quietly = ['--no-audit', '--no-fund', '--prefer-offline'];

/** Writes files of a project into a folder of its own below the home; each by its path there. */
export async function project(name: string, texts: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(outside().home, name);
  await mkdir(folder, { recursive: true });
  for (const [path, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** Gives what a program writes to stdout. Rejects with all that it wrote where it fails. */
export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  try {
    return (await execute(program, args, { cwd, env: { ...userEnvironment(), ...env } })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')} failed in ${cwd}: ${stdout}${stderr}`);
  }
}

/** As {@link run}, with the Node that runs the tests. */
export const node = (cwd: string, args: readonly string[], env?: Record<string, string>) =>
  run(process.execPath, args, cwd, env);

/** The path of a file of the home's packages. */
export const installed = (path: string) => join(outside().home, 'node_modules', path);

/** What a user's shell has: nothing of the npm that runs the tests. */
export const userEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));

/** The PATH of a shell whose Node is another one, npm's own too: a version of {@link tools}. */
export function pathOfNode(version: '20' | '22.23'): string {
  const folders = process.env.PATH?.split(delimiter).filter((folder) => !folder.endsWith('node_modules/.bin'));
  return [installed(`node-${version}/bin`), ...(folders ?? [])].join(delimiter);
}
