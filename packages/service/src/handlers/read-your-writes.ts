import { setTimeout as pause } from 'node:timers/promises';
import {
  CallError,
  type Contract,
  currentContext,
  isVersion,
  MinVersions,
  type MutableContext,
  mayHaveVersions,
  type Operation,
  ownMembers,
} from '@parley/contract';
import type { Logger } from 'pino';
import { loggedError } from '../process/logged-error.ts';

/** How the callers of a service see their own writes, whatever caches and replicas are in between. */
export interface ReadYourWritesOptions {
  /**
   * The version of what is stored: a whole number from 0 to 999,999,999,999,999. The kit asks for it after each write that has
   * succeeded, but not after one whose output is a stream: its headers are sent before it is done. It must grow in the order in which
   * writes become visible: a read that begins after this has answered n sees every write that got n or less.
   */
  readonly written: () => number | Promise<number>;
  /** The version that reads of this replica see now, where they may be behind: a database that is a copy. Default: reads see every write. */
  readonly seen?: () => number | Promise<number>;
  /** How long a read waits for a version that this replica has not seen yet, in ms; then it is `replica_behind`. An answer of `seen` may take that long too, or 500 ms where `waitMs` is shorter. Default 500. */
  readonly waitMs?: number;
}

/** Names of {@link ReadYourWritesOptions}. */
export const readYourWritesNames: readonly (keyof ReadYourWritesOptions)[] = ['written', 'seen', 'waitMs'];

/** What the handlers of an app do so that callers see their own writes. */
export interface ReadYourWrites {
  /** Lets the reply to a write name the version that it made; undefined for reads, and without the option. */
  readonly afterWrite: (operation: Operation) => (() => Promise<void>) | undefined;
  /** Lets a read with a least version wait for it; undefined for writes, and where reads see every write. */
  readonly beforeRead: (operation: Operation) => CatchUp | undefined;
}

/** Waits until this replica has seen what the caller has; nothing where the caller does not ask for that. @throws CallError `replica_behind` */
export type CatchUp = () => Promise<void> | undefined;

const firstPauseMs = 5;
const longestPauseMs = 50;
/** Least time in ms for an answer of `seen`: a short `waitMs` must not refuse reads of a replica that is not behind. */
const answerMs = 500;

/**
 * Makes it, once an app.
 *
 * @throws TypeError where the options make no sense, or the contract's name is too long to travel
 */
export function readYourWrites(
  given: ReadYourWritesOptions | undefined,
  { name }: Contract,
  logger: Logger,
): ReadYourWrites {
  if (!given) return { afterWrite: () => undefined, beforeRead: () => undefined };
  const { written, seen, waitMs = 500 } = ownMembers(given);
  if (!(waitMs >= 0 && waitMs <= 60_000))
    throw new TypeError(`readYourWrites.waitMs must be from 0 to 60000, not ${waitMs}`);
  if (seen !== undefined && typeof seen !== 'function')
    throw new TypeError(`readYourWrites.seen must be a function that gives a number, not ${typeof seen}`);
  if (!mayHaveVersions(name))
    throw new TypeError(`readYourWrites: the contract's name must have at most 64 characters, not ${name.length}`);
  const tell = async () => {
    try {
      raise(name, checkedVersion('written', await written()));
    } catch (error) {
      // The write is done: its reply must not be lost. A cache may give its caller what was there before.
      logger.error({ err: loggedError(error) }, 'readYourWrites.written failed: the reply names no version');
    }
  };
  return {
    afterWrite: ({ safety }) => (safety === 'safe' ? undefined : tell),
    beforeRead: ({ safety }) => (seen && safety === 'safe' ? catchUp(name, seen, waitMs) : undefined),
  };
}

function catchUp(name: string, seen: () => number | Promise<number>, waitMs: number): CatchUp {
  let asking: Promise<number> | undefined;
  // One question for all that wait: a version that nobody has written must not cost many.
  const latest = () => {
    if (asking) return asking;
    const question = Promise.resolve(seen()).finally(() => forget(question));
    asking = question;
    return question;
  };
  const forget = (question: Promise<number>) => {
    if (asking === question) asking = undefined;
  };
  const wait = async (least: number) => {
    const { signal } = currentContext();
    const startMs = performance.now();
    const endMs = startMs + waitMs;
    const lateMs = startMs + Math.max(waitMs, answerMs);
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const question = latest();
      const answer = await within(lateMs - performance.now(), question, signal);
      signal?.throwIfAborted();
      if (answer === undefined) {
        // It hangs: the next read asks again.
        forget(question);
        throw behind(name, least);
      }
      if (checkedVersion('seen', answer.version) >= least) return;
      if (performance.now() + pauseMs > endMs) throw behind(name, least);
      await pause(pauseMs);
    }
  };
  return () => {
    const least = currentContext().minVersions?.of(name);
    return least === undefined ? undefined : wait(least);
  };
}

/** The answer to a question; undefined where none comes in time, or the signal fires before. */
function within(
  limitMs: number,
  question: Promise<number>,
  signal: AbortSignal | undefined,
): Promise<{ readonly version: number } | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      act();
    };
    const giveUp = () => settle(() => resolve(undefined));
    const timer = setTimeout(giveUp, limitMs);
    signal?.addEventListener('abort', giveUp);
    if (signal?.aborted) giveUp();
    question.then(
      (version) => settle(() => resolve({ version })),
      (error) => settle(() => reject(error)),
    );
  });
}

function raise(name: string, version: number): void {
  const context: MutableContext = currentContext();
  context.minVersions ??= new MinVersions();
  context.minVersions.raise(name, version);
}

/** @throws TypeError where it is no version */
function checkedVersion(option: string, given: unknown): number {
  if (isVersion(given)) return given;
  throw new TypeError(
    `readYourWrites.${option} must give a whole number from 0 to 999999999999999, not ${String(given)}`,
  );
}

function behind(name: string, least: number): CallError {
  return new CallError('replica_behind', `This replica of ${name} has not seen version ${least} yet`);
}
