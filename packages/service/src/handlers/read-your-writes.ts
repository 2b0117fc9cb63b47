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
   * The version of what is stored, asked for after each write that has succeeded: a whole number from 0 to 999,999,999,999,999. It must grow in the order in which
   * writes become visible: a read that begins after this has answered n sees every write that got n or less.
   */
  readonly written: () => number | Promise<number>;
  /** The version that reads of this replica see now, where they may be behind: a database that is a copy. Default: reads see every write. */
  readonly seen?: () => number | Promise<number>;
  /** How long a read waits for a version that this replica has not seen yet, in ms; then it is `replica_behind`. Default 500. */
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
    asking ??= Promise.resolve(seen()).finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const wait = async (least: number) => {
    const { signal } = currentContext();
    const endMs = performance.now() + waitMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      if (checkedVersion('seen', await latest()) >= least) return;
      signal?.throwIfAborted();
      if (performance.now() + pauseMs > endMs) throw behind(name, least);
      await pause(pauseMs);
    }
  };
  return () => {
    const least = currentContext().minVersions?.of(name);
    return least === undefined ? undefined : wait(least);
  };
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
