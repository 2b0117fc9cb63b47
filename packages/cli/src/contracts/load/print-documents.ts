import { bodySizeOf, cacheControl, openapi } from '@parley/contract';
import type { ContractOperation } from '@parley/local';

/** What the process that imports contracts prints: documents, or why there are none. */
export interface PrintedDocuments {
  /** By the name of the contract. */
  readonly documents: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The operations of each contract that a package exports, by the names of package and contract. */
  readonly operations: Readonly<Record<string, Readonly<Record<string, readonly ContractOperation[]>>>>;
  /** Packages that could not be imported, with the error. */
  readonly failures: Readonly<Record<string, { readonly code: string; readonly message: string }>>;
}

/** Before and after what is printed: contracts may print something too, at their end as well. */
export const documentsMark = '\u0000parley-documents ';

/** A package that is imported. */
export interface ContractPackage {
  readonly name: string;
  /** URL of its package.json. */
  readonly manifest: string;
  /** What to import there: its own name, or the file that it calls `main`. */
  readonly entry: string;
}

/** Imports packages, and prints the documents of the contracts that they export. Then it ends the process, which is for this alone. */
export async function printDocuments(packages: readonly ContractPackage[]): Promise<void> {
  const documents: Record<string, Readonly<Record<string, unknown>>> = {};
  const operations: Record<string, Record<string, readonly ContractOperation[]>> = {};
  const failures: Record<string, { code: string; message: string }> = {};
  for (const { name, manifest, entry } of packages) {
    try {
      // From inside the package: it need not be installed at the top.
      const module: object = await import(import.meta.resolve(entry, manifest));
      for (const exported of Object.values(module)) {
        if (!isContract(exported)) continue;
        const document = openapi(exported);
        const before = documents[exported.name];
        // A contract may be exported again by another one.
        if (before && JSON.stringify(before) !== JSON.stringify(document)) {
          throw new Error(`another package has another contract with the name ${exported.name}: rename one`);
        }
        documents[exported.name] = document;
        operations[name] = { ...operations[name], [exported.name]: operationsOf(exported) };
      }
    } catch (error) {
      const { code = '', message = String(error) } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
      failures[name] = { code, message };
    }
  }
  const printed: PrintedDocuments = { documents, operations, failures };
  await new Promise<void>((resolve) =>
    process.stdout.write(`${documentsMark}${JSON.stringify(printed)}${documentsMark}`, () => resolve()),
  );
  // A contract may have left something open.
  process.exit(0);
}

function operationsOf({ operations }: Contract): readonly ContractOperation[] {
  return Object.entries(operations).map(([name, operation]) => ({
    name,
    method: operation.method,
    path: operation.path.template,
    bodySize: bodySizeOf(operation),
    isKeyed: operation.safety === 'keyed',
    isSafe: operation.safety === 'safe',
    cache: cacheOf(operation),
  }));
}

function cacheOf(operation: Contract['operations'][string]): ContractOperation['cache'] {
  const control = cacheControl(operation);
  if (!operation.cache || control === undefined) return undefined;
  const { scope, maxAgeS, staleWhileRevalidateS, staleIfErrorS } = operation.cache;
  return { scope, maxAgeS, staleWhileRevalidateS, staleIfErrorS, control };
}

type Contract = Parameters<typeof openapi>[0];

function isContract(value: unknown): value is Contract {
  if (typeof value !== 'object' || value === null) return false;
  const { name, operations } = value as { name?: unknown; operations?: unknown };
  if (typeof name !== 'string' || typeof operations !== 'object' || operations === null) return false;
  return Object.values(operations).every(
    (one) => typeof one?.method === 'string' && typeof one?.path?.template === 'string',
  );
}
