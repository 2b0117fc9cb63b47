import type { Level, Log } from './log.ts';
import { createReadableForm } from './readable-form.ts';

/** Where log lines go, and in which of the two forms. */
export interface LogLinesOptions {
  readonly write: (text: string) => void;
  /** For people: one readable line each, prefixed by the replica. Otherwise JSON, one object a line. */
  readonly isReadable: boolean;
  /** @default false */
  readonly isColoured?: boolean;
  readonly now?: () => Date;
}

type Entry = Readonly<Record<string, unknown>>;

/** Writes the log of the launcher and its processes: JSON lines for machines, coloured lines for people. */
export function createLogLines({
  write,
  isReadable,
  isColoured = false,
  now = () => new Date(),
}: LogLinesOptions): Log {
  const form = isReadable ? createReadableForm(isColoured) : JSON.stringify;
  const emit = (entry: Entry) => write(`${form(entry)}\n`);
  return {
    event: (level, msg, fields = {}) => emit({ time: now().toISOString(), level, service: 'local', msg, ...fields }),
    line: ({ service, replica }, text, isError) => {
      const entry = entryOf(text);
      if (entry) return emit({ ...entry, service: entry.service ?? service, replica });
      if (text.trim() === '') return;
      emit({ time: now().toISOString(), level: levelOf(text, isError), service, replica, msg: text });
    },
  };
}

function entryOf(text: string): Entry | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return undefined;
  }
}

/** nginx writes its level in brackets; other plain lines are judged by where they were written. */
function levelOf(text: string, isError: boolean): Level {
  const written = /\[(debug|info|notice|warn|error|crit|alert|emerg)\]/.exec(text)?.[1];
  if (written === 'warn') return 'warn';
  if (written) return /^(debug|info|notice)$/.test(written) ? 'info' : 'error';
  return isError ? 'warn' : 'info';
}
