/** One line of the table: where a replica stands. */
export interface TableRow {
  readonly service: string;
  readonly replica: string;
  readonly state: string;
  readonly address: string;
}

const columns = ['service', 'replica', 'state', 'address'] as const;

/** The replicas as a table for people, columns in line. */
export function table(rows: readonly TableRow[]): string {
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column].length)));
  const lineOf = (cells: readonly string[]) =>
    `  ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd();
  return [lineOf(columns), ...rows.map((row) => lineOf(columns.map((column) => row[column])))].join('\n');
}

/** What to try first, and how to stop. */
export function invitation(url: string): string {
  return [
    'Try:',
    `  curl '${url}/api/hello?name=Alice&language=fr'`,
    `  curl '${url}/api/visits' -H 'Content-Type: application/json' -d '{"name":"Alice"}'`,
    'Stop with Ctrl-C.',
  ].join('\n');
}
