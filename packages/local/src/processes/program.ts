import type { ProcessRecord } from '../runs/run-folder.ts';
import type { BackoffOptions } from '../time/backoff.ts';
import type { Command } from './running-process.ts';

/** Where a process stands. */
export type ProcessState = 'starting' | 'ready' | 'restarting' | 'stopping' | 'stopped';

/** A program to keep running. */
export interface Program extends Command {
  /** `hello-1`, for people. */
  readonly name: string;
  /** Whether it can be used by now. */
  readonly isReady: () => Promise<boolean>;
  /** What of a line that it writes may be shown; nothing for a line that may not. Default: all of it. */
  readonly visibleLine?: (line: string) => string | undefined;
  /** Whether it answers still, once it is ready. What doesn't is ended and started again. */
  readonly isAlive?: () => Promise<boolean>;
  /** Asks it to finish what it is doing and end. */
  readonly drainSignal: NodeJS.Signals;
  /** How long it may take to get ready. */
  readonly readyTimeoutMs: number;
  /** How long it may take to drain, before it is killed. */
  readonly drainTimeoutMs: number;
  readonly backoff?: BackoffOptions;
  /** Kept up to date, so that others can end the process when the launcher has been killed. */
  readonly record?: ProcessRecord;
}

/** Who wants to know about a process. */
export interface ProcessObserver {
  /** A line that the process wrote. */
  onLine(line: string, isError: boolean): void;
  /** `why` is a half sentence: `killed by SIGKILL, again in 100 ms`. */
  onState(state: ProcessState, pid: number | undefined, why?: string): void;
  /** Something that a person should see to. */
  onTrouble(sentence: string): void;
}
