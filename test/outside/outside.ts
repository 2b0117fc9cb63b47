import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What `set-up.ts` made for all tests here. */
export interface Outside {
  /** Holds all of it. */
  readonly folder: string;
  /** A folder with the packed packages and {@link tools} in its `node_modules`. */
  readonly home: string;
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
  'esbuild@0.28.2',
  'jest@30.5.2',
  'typescript-5.6@npm:typescript@5.6.3',
  'typescript-5.9@npm:typescript@5.9.3',
  'typescript-7@npm:typescript@7.0.2',
  'valibot@1.5.0',
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

/** Runs a program of the home's packages, or a file, with Node. Rejects with all it wrote where it fails. */
export async function node(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  try {
    return (await execute(process.execPath, args, { cwd, env: { ...process.env, ...env } })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${args.join(' ')} failed in ${cwd}: ${stdout}${stderr}`);
  }
}

/** The path of a file of the home's packages. */
export const installed = (path: string) => join(outside().home, 'node_modules', path);
