import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../../source-files.ts';

/** The steps of `docs/migrating-express.md`: the files that each of them writes. */
export function steps(): readonly (readonly { readonly file: string; readonly text: string }[])[] {
  const page = readFileSync(join(root, 'docs/migrating-express.md'), 'utf8');
  const [, ...sections] = page.split(/^## (?=\d+\. )/m);
  return sections.map((section) =>
    [...section.matchAll(/```ts\n\/\/ ([\w.-]+)\n([\s\S]*?)```/g)].map(([, file = '', text = '']) => ({ file, text })),
  );
}

/** A copy of the legacy application, with what it has installed. */
export interface LegacyFolder {
  readonly path: string;
  /** Options of Node for its programs. */
  readonly flags: readonly string[];
}

/** Copies the legacy application. */
export function copyLegacy(folder: string): void {
  cpSync(join(root, 'test/migration/express/legacy'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
}

/** A copy that has the packages of this repository, and one of its versions of Express. */
export function linkedFolder(express: 'express' | 'express4'): LegacyFolder {
  const path = mkdtempSync(join(tmpdir(), 'parley-migration-'));
  copyLegacy(path);
  const modules = join(root, 'node_modules');
  mkdirSync(join(path, 'node_modules'));
  for (const name of readdirSync(modules).filter((one) => !one.startsWith('.') && one !== 'express')) {
    symlinkSync(join(modules, name), join(path, 'node_modules', name));
  }
  symlinkSync(join(modules, express), join(path, 'node_modules/express'));
  return { path, flags: ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'] };
}

/** A server in a process of its own. */
export interface MigratingServer {
  readonly url: string;
  readonly adminUrl: string;
  /** Lines of its log. */
  readonly lines: readonly Record<string, unknown>[];
  readonly process: ChildProcess;
  /** What it wrote to standard error. */
  readonly errors: () => string;
  /** Ends it with SIGTERM. Answers with its exit code. */
  stop(): Promise<number | null>;
}

/** Runs a file of a legacy folder on free ports, and waits until it listens. */
export async function run({ path, flags }: LegacyFolder, file: string): Promise<MigratingServer> {
  const child = spawn(process.execPath, [...flags, file], {
    cwd: path,
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0', DRAIN_DELAY_MS: '0', API_KEYS: 'k-till,' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const lines: Record<string, unknown>[] = [];
  const listening = Promise.withResolvers<Record<string, unknown>>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text);
    lines.push(line);
    if (line.msg === 'listening') listening.resolve(line);
  });
  const ended = once(child, 'exit');
  ended.then(() => listening.reject(new Error(`${file} ended before it listened: ${errors}`)));
  const { port, adminPort } = await listening.promise;
  const stop = async () => {
    child.kill('SIGTERM');
    const [code] = await ended;
    return code;
  };
  const at = (one: unknown) => `http://127.0.0.1:${one}`;
  return { url: at(port), adminUrl: at(adminPort), lines, process: child, errors: () => errors, stop };
}

/** Removes a legacy folder. */
export function remove({ path }: LegacyFolder): void {
  rmSync(path, { recursive: true });
}
