import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { messageOf } from '@parley/contract';
import { boundedReply } from '../../text/bounded-reply.ts';
import { isOpenapi, readDocument } from '../compare/api-document.ts';
import { ContractsError } from '../contracts-error.ts';
import { commitOf, git } from './git.ts';
import { type Documents, repositoryDocuments } from './repository-documents.ts';
import { withRevisionTree } from './revision-tree.ts';

/** What to compare with. */
export interface Base {
  readonly documents: Documents;
  /** Whether a contract that it lacks was not there: a file or a URL has one contract, a revision has all. */
  readonly isWhole: boolean;
  /** What was left out. */
  readonly notes: readonly string[];
}

const fetchTimeoutMs = 10_000;
/** A document of a thousand operations is smaller. */
const maxDocumentBytes = 64 * 1024 * 1024;

/**
 * Reads the contracts of a base.
 *
 * @param base a URL (`https://…`); a file (`./…`, `/…`, or a name that ends in `.json`) or a folder of such files; a file of a
 *   revision (`origin/main:openapi.json`); otherwise a git revision
 * @param root of the repository
 * @param folder that paths of files start from
 * @throws ContractsError with what was expected there
 */
export async function baseDocuments(
  base: string,
  {
    root,
    folder,
    nodeArgs,
  }: { readonly root: string; readonly folder: string; readonly nodeArgs?: readonly string[] | undefined },
): Promise<Base> {
  if (base === '') throw new ContractsError('--base: expected a revision, a file or a URL, got nothing');
  if (/^https?:\/\//.test(base)) return one(await fetched(base), base);
  if (isPath(base)) return { documents: await files(resolve(folder, base)), isWhole: false, notes: [] };
  const [, revision, path] = /^([^:]+):(.+)$/.exec(base) ?? [];
  if (revision !== undefined && path !== undefined) return one(await fileOf(root, revision, path), base);
  const notes: string[] = [];
  const documents = await withRevisionTree(root, base, (tree) =>
    repositoryDocuments({
      tree,
      words: `at ${base}`,
      advice: 'compare with a document instead, --base FILE or --base https://…/openapi.json',
      // The change that mends it must pass.
      onWrongPolicy: (why) => notes.push(`contracts that the policy names by file count as new: ${why}`),
      nodeArgs,
    }),
  );
  return { documents, isWhole: true, notes };
}

function isPath(base: string): boolean {
  return isAbsolute(base) || /^\.\.?[\\/]/.test(base) || (base.endsWith('.json') && !base.includes(':'));
}

function one(text: string, where: string): Base {
  return { documents: new Map([parsed(text, where)]), isWhole: false, notes: [] };
}

function parsed(text: string, where: string): readonly [string, Readonly<Record<string, unknown>>] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ContractsError(`--base: expected an OpenAPI document as JSON in ${where}: ${messageOf(error)}`);
  }
  if (!isOpenapi(value))
    throw new ContractsError(`--base: expected an OpenAPI document of version 3 in ${where}, found other JSON`);
  return [readDocument(value).name, value];
}

async function files(path: string): Promise<Documents> {
  if (!existsSync(path)) throw new ContractsError(`--base: expected a file or a folder, found nothing at ${path}`);
  const isFolder = statSync(path).isDirectory();
  const paths = isFolder
    ? readdirSync(path)
        .filter((name) => name.endsWith('.json'))
        .map((name) => join(path, name))
    : [path];
  if (paths.length === 0) throw new ContractsError(`--base: expected files that end in .json in ${path}, found none`);
  const documents = new Map<string, Readonly<Record<string, unknown>>>();
  for (const each of paths) documents.set(...parsed(await textOf(each), each));
  return documents;
}

async function textOf(path: string): Promise<string> {
  // A device never ends, and a pipe may never begin.
  if (!statSync(path).isFile())
    throw new ContractsError(`--base: expected a file, found a folder, device or pipe at ${path}: write a file first`);
  const bytes = await buffer(createReadStream(path, { end: maxDocumentBytes }));
  if (bytes.byteLength > maxDocumentBytes) throw new ContractsError(tooLong(path));
  return bytes.toString('utf8');
}

function tooLong(where: string): string {
  return `--base: expected a document of at most 64 MiB, found more in ${where}`;
}

async function fileOf(root: string, revision: string, path: string): Promise<string> {
  const commit = await commitOf(root, revision);
  try {
    return await git(root, ['show', `${commit}:${path}`]);
  } catch {
    throw new ContractsError(
      `--base: expected the file ${path} at ${revision}, found none: its path starts at the top of the repository`,
    );
  }
}

async function fetched(url: string): Promise<string> {
  let response: Response;
  let text: string | undefined;
  try {
    response = await fetch(url, {
      signal: AbortSignal.timeout(fetchTimeoutMs),
      headers: { accept: 'application/json' },
    });
    text = await boundedReply(response, maxDocumentBytes);
  } catch (error) {
    const { cause } = error as Error;
    throw new ContractsError(
      `--base: expected a document from ${url} within ${fetchTimeoutMs / 1000} s: ${messageOf(cause ?? error)}`,
    );
  }
  if (!response.ok) throw new ContractsError(`--base: expected a document from ${url}, got status ${response.status}`);
  if (text === undefined) throw new ContractsError(tooLong(url));
  return text;
}
