import { oneLine } from './one-line.ts';

/** One column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand at the right. @default false */
  readonly isNumber?: boolean;
}

/** A colour, or another look, that a terminal can show. */
export type Look = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

/** What one cell holds: its text, or its text and how it looks. */
export type Cell = string | { readonly text: string; readonly look: Look };

/** Gives a text its look; the identity where there are no colours. */
export type Paint = (look: Look, text: string) => string;

// A line break in a name of another process would make a row that nobody has asked for.
const textOf = (cell: Cell | undefined) =>
  oneLine(typeof cell === 'object' ? cell.text : (cell ?? '')).replaceAll('\t', ' ');

/** A table for people, columns in line, in the colours of its cells. */
export function alignedTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...rows.map((row) => Array.from(textOf(row[at])).length)),
  );
  const lineOf = (cells: readonly (Cell | undefined)[]) =>
    columns
      .map((column, at) => cellOf(cells[at], column, widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  const cellOf = (cell: Cell | undefined, { isNumber }: Column, width: number) => {
    const text = textOf(cell);
    const space = ' '.repeat(Math.max(0, width - Array.from(text).length));
    const painted = typeof cell === 'object' ? paint(cell.look, text) : text;
    return isNumber ? `${space}${painted}` : `${painted}${space}`;
  };
  const titles = columns.map(({ title }): Cell => ({ text: title, look: 'dim' }));
  return [lineOf(titles), ...rows.map(lineOf)].join('\n');
}

/** The same table for programs such as `cut` and `awk`: a line for each row, tabs between its cells. */
export function tabbedTable(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map((_, at) => textOf(row[at])))];
  return lines.map((cells) => cells.join('\t')).join('\n');
}
