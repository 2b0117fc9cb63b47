/** One line of the table: where a replica stands. */
export interface TableRow {
  readonly service: string;
  readonly replica: string;
  readonly state: string;
  readonly address: string;
  /** Where operators read metrics, if it opens such a port. Empty for a gateway. */
  readonly operators: string;
}

const columns = ['service', 'replica', 'state', 'address', 'operators'] as const;

/** The replicas as a table for people, columns in line. */
export function table(rows: readonly TableRow[]): string {
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column].length)));
  const lineOf = (cells: readonly string[]) =>
    `  ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd();
  return [lineOf(columns), ...rows.map((row) => lineOf(columns.map((column) => row[column])))].join('\n');
}

/** An operation that can be tried. */
export interface Invited {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly needsInput: boolean;
}

/** Where people read what a service does, and try it. */
export interface ServiceDocs {
  readonly service: string;
  readonly url: string;
}

const mostInvited = 20;

/** What there is to ask for, what to try first, where the docs are, and how to stop. @param allDocs those of all services */
export function invitation(
  url: string,
  operations: readonly Invited[],
  docs: readonly ServiceDocs[] = [],
  allDocs?: string,
): string {
  const shown = operations.slice(0, mostInvited);
  const widths = [...shown.map(({ path }) => url.length + path.length), 0];
  const lines = shown.map(({ method, path, summary }) =>
    `  ${method.padEnd(6)}  ${`${url}${path}`.padEnd(Math.max(...widths))}  ${summary}`.trimEnd(),
  );
  const rest = operations.length - shown.length;
  const simple = operations.find(({ method, needsInput }) => method === 'GET' && !needsInput);
  return [
    ...lines,
    ...(rest > 0 ? [`  and ${rest} more`] : []),
    ...(operations.length > 0 ? [''] : []),
    ...(simple ? [`Try: curl ${url}${simple.path}`] : []),
    ...(allDocs ? [`Docs of all services: ${allDocs}`] : []),
    ...docs.map((one) => `Docs of ${one.service}: ${one.url}`),
    'Stop with Ctrl-C.',
  ].join('\n');
}
