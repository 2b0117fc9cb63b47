/** How much an event matters. */
export type Level = 'info' | 'warn' | 'error';

/** Receives all log lines. */
export interface Log {
  /** Something that the launcher did or saw. */
  event(level: Level, message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A line that a process wrote. */
  line(from: { readonly service: string; readonly replica: string }, text: string, isError: boolean): void;
}
