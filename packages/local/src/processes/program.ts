import type { ProcessRecord } from '../runs/run-folder.ts';
import type { BackoffOptions } from '../time/backoff.ts';
import type { Command } from './running-process.ts';

/** Where a process stands. */
export type ProcessState = 'starting' | 'ready' | 'restarting' | 'stopping' | 'stopped';

/** A program to keep running. */
export interface Program extends Command {
  /** `hello-1`, for people. */
  readonly name: string;
  /** Whether it can be used. `pid` tells a process from the one before it. */
  readonly isReady: (pid: number | undefined) => Promise<boolean>;
  /** Returns the part of an output line that may be shown, or undefined for none. Default: the whole line. */
  readonly visibleLine?: (line: string) => string | undefined;
  /** Whether it still answers, once it is ready. A process that does not is ended and started again. */
  readonly isAlive?: () => Promise<boolean>;
  /** The signal that asks it to finish its work and end. */
  readonly drainSignal: NodeJS.Signals;
  /** How long it may take to get ready. */
  readonly readyTimeoutMs: number;
  /** How long it may take to drain, before it is killed. */
  readonly drainTimeoutMs: number;
  readonly backoff?: BackoffOptions;
  /** Kept up to date, so that others can end the process when the launcher has been killed. */
  readonly record?: ProcessRecord;
}

/** Listens to what happens to a process. */
export interface ProcessObserver {
  /** A line that the process wrote. */
  onLine(line: string, isError: boolean): void;
  /**
   * @param why a half sentence: `killed by SIGKILL, again in 100 ms`
   * @param isPlanned whether it restarts because it was asked to
   */
  onState(state: ProcessState, pid: number | undefined, why?: string, isPlanned?: boolean): void;
  /** Something that a person should see to. */
  onTrouble(sentence: string): void;
}
