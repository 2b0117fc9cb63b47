import { openapi } from '@parley/contract';

/** What the process that imports contracts prints: documents, or why there are none. */
export interface PrintedDocuments {
  /** By the name of the contract. */
  readonly documents: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Packages that could not be imported, with the error. */
  readonly failures: Readonly<Record<string, { readonly code: string; readonly message: string }>>;
}

/** In front of what is printed: contracts may print something too. */
export const documentsMark = '\u0000parley-documents ';

/**
 * Imports packages, and prints the documents of the contracts that they export. Runs in a process of its own.
 *
 * @param load imports a package as a file in the repository would
 */
export async function printDocuments(names: readonly string[], load: (name: string) => Promise<object>): Promise<void> {
  const documents: Record<string, Readonly<Record<string, unknown>>> = {};
  const failures: Record<string, { code: string; message: string }> = {};
  for (const name of names) {
    try {
      for (const exported of Object.values(await load(name))) {
        if (isContract(exported)) documents[exported.name] = openapi(exported);
      }
    } catch (error) {
      const { code = '', message = String(error) } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
      failures[name] = { code, message };
    }
  }
  const printed: PrintedDocuments = { documents, failures };
  await new Promise<void>((resolve) =>
    process.stdout.write(`${documentsMark}${JSON.stringify(printed)}`, () => resolve()),
  );
  // A contract may have left something open.
  process.exit(0);
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
