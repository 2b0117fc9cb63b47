import { execFile } from 'node:child_process';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ContractsError } from '../contracts-error.ts';
import { atEnd } from './at-end.ts';
import { policyFiles } from './policy-files.ts';
import { type ContractPackage, documentsMark, type PrintedDocuments } from './print-documents.ts';
import { contractPackages, workspacesOf } from './workspaces.ts';

/** Documents by the name of their contract. */
export type Documents = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

const timeoutMs = 60_000;
const maxOutputBytes = 256 * 1024 * 1024;
const program = join(import.meta.dirname, `documents-main${extname(import.meta.filename)}`);
// A program that runs from source, as in Parley's own repository, imports packages that do. Anywhere else packages are as published.
const conditions = process.execArgv.filter((flag) => flag.startsWith('--conditions='));

/** Where contracts are, and in what words an error names the place. */
export interface Place {
  /** Folder with the package.json of the workspaces. */
  readonly tree: string;
  /** `at origin/main`, `in /home/ada/shop` */
  readonly words: string;
  /** What to do where a contract cannot be imported. */
  readonly advice: string;
  /** Gets why the policy of the gateway cannot be read; contracts that it names by file are left out then. Default: that is an error. */
  readonly onWrongPolicy?: (why: string) => void;
  /** Flags for Node. Default: the conditions that this process has. */
  readonly nodeArgs?: readonly string[] | undefined;
}

/**
 * The documents of all contracts of a repository: its contract packages, and the files that the policy of its gateway names. They are
 * imported in a process of their own, by the Node that runs this one.
 *
 * @throws ContractsError where one cannot be imported, or the policy is wrong
 */
export async function repositoryDocuments(place: Place): Promise<Documents> {
  const { tree, words, onWrongPolicy } = place;
  const manifestIn = (folder: string) => pathToFileURL(join(tree, folder, 'package.json')).href;
  const workspaces = contractPackages(workspacesOf(tree)).map(({ name, folder, manifest }) => ({
    name,
    manifest: manifestIn(folder),
    entry: manifest.exports === undefined ? `./${manifest.main}` : name,
  }));
  const files = await policyFiles(tree, words).catch((error) => {
    if (!onWrongPolicy || !(error instanceof ContractsError)) throw error;
    onWrongPolicy(error.message);
    return [];
  });
  const packages = [...workspaces, ...files.map((name) => ({ name, manifest: manifestIn('.'), entry: name }))];
  if (packages.length === 0) return new Map();
  return new Map(Object.entries((await importContracts(packages, place)).documents));
}

/**
 * Imports contracts in a process of its own, by the Node that runs this one.
 *
 * @throws ContractsError where one cannot be imported
 */
export async function importContracts(packages: readonly ContractPackage[], place: Place): Promise<PrintedDocuments> {
  const all = await printed(packages, place);
  const [failure] = Object.entries(all.failures);
  if (failure) throw new ContractsError(notImported(failure[0], failure[1], place));
  return all;
}

async function printed(packages: readonly ContractPackage[], place: Place): Promise<PrintedDocuments> {
  const { tree, words, nodeArgs = conditions } = place;
  const flags = ['--disable-warning=ExperimentalWarning', '--experimental-import-meta-resolve'];
  const args = [...nodeArgs, ...flags, program, JSON.stringify(packages)];
  const options = { cwd: tree, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: maxOutputBytes } as const;
  const { output, errors } = await new Promise<{ output: string; errors: string }>((resolve) => {
    const child = execFile(process.execPath, args, options, (error, output, errors) => {
      isOver();
      resolve({ output, errors: error?.killed ? 'it was still running' : errors });
    });
    const isOver = atEnd(() => child.kill('SIGKILL'));
  });
  const document = output.split(documentsMark).at(-2);
  if (document !== undefined) return JSON.parse(document);
  const names = packages.map(({ name }) => name).join(', ');
  throw new ContractsError(
    `expected Node to import the contracts ${words} (${names}) within ${timeoutMs / 1000} s, and it ended: ${lastWords(errors)}`,
  );
}

/** The line of Node's output that says what went wrong. */
function lastWords(errors: string): string {
  const lines = errors.split('\n').map((line) => line.trim());
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line !== '') ?? 'it said nothing';
}

function notImported(name: string, { code, message }: { code: string; message: string }, place: Place): string {
  const isMissing = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ENOENT'].includes(code);
  const [sentence = ''] = message.split('\n');
  const cause = isMissing
    ? 'a file is not there: it may need a build, or a package that is not installed here'
    : 'its code fails';
  return `expected to import the contract ${name} ${place.words}, and ${cause} (${sentence}): ${place.advice}`;
}
