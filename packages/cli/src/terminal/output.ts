import { styleText } from 'node:util';
import { alignedTable, type Cell, type Column, type Paint, tabbedTable } from '../text/table.ts';
import { withoutControls } from '../text/without-controls.ts';

/** Where `parley` writes to, and what it may write there. */
export interface OutputTarget {
  readonly write: (text: string | Uint8Array) => void;
  readonly writeError: (text: string) => void;
  /** Whether a person reads it: tables are aligned, `top` redraws. */
  readonly isTerminal: boolean;
  readonly isColoured: boolean;
  /** Lines and characters that fit. */
  readonly size: () => { readonly rows: number; readonly columns: number };
}

/** What a command writes: to a terminal a table, to a pipe lines with tabs, with `--json` one document. */
export class Output {
  readonly #target: OutputTarget;

  constructor(target: OutputTarget) {
    this.#target = target;
  }

  get isTerminal(): boolean {
    return this.#target.isTerminal;
  }

  get size(): { readonly rows: number; readonly columns: number } {
    return this.#target.size();
  }

  /** Writes a text and ends the line. */
  line(text: string): void {
    this.#target.write(`${text}\n`);
  }

  /** Writes as it is: control sequences, the rest of a stream. */
  raw(text: string): void {
    this.#target.write(text);
  }

  /** Writes bytes as they are. */
  bytes(bytes: Uint8Array): void {
    this.#target.write(bytes);
  }

  /** For people, beside the result. May quote what another process said. */
  remark(text: string): void {
    this.#target.writeError(`${withoutControls(text)}\n`);
  }

  json(document: unknown): void {
    this.line(jsonText(document, this.isTerminal ? 2 : undefined));
  }

  /** One document on one line, of several. */
  jsonLine(document: unknown): void {
    this.line(jsonText(document));
  }

  table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): void {
    this.line(this.tableText(columns, rows));
  }

  tableText(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
    return this.isTerminal ? alignedTable(columns, rows, this.paint) : tabbedTable(columns, rows);
  }

  readonly paint: Paint = (look, text) =>
    this.#target.isColoured && text ? styleText(look, text, { validateStream: false }) : text;
}

/** The output of this process. A reader that leaves early, as `head` does, ends the process without an error. */
export function processOutput({ stdout, stderr, env, exit }: NodeJS.Process): OutputTarget {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    exit(0);
  });
  const isTerminal = stdout.isTTY ?? false;
  return {
    write: (text) => void stdout.write(text),
    writeError: (text) => void stderr.write(text),
    isTerminal,
    isColoured: isTerminal && stdout.hasColors() && !env.NO_COLOR,
    size: () => ({ rows: stdout.rows ?? 24, columns: stdout.columns ?? 80 }),
  };
}

// JSON may hold DEL and C1 as they are, and a terminal can take them for commands: escaped they are the same JSON.
const bareControls = /[\u007f-\u009f]/g;

function jsonText(document: unknown, indent?: number): string {
  const text = JSON.stringify(document, undefined, indent) ?? 'null';
  return text.replaceAll(bareControls, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
