import process from 'node:process';

/** Being asked to stop. */
export interface StopSignals {
  /** Resolves at the first request to stop. */
  readonly first: Promise<void>;
  readonly isAsked: boolean;
  /** Stops listening. */
  close(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// A Ctrl-C under npm arrives twice: from the terminal, and passed on by npm.
const sameRequestMs = 500;
const orphanCheckMs = 100;

/** Listens for requests to stop: the first asks to drain, a second one ends the process at once. */
export function onStopSignals(onFirst: (why: string) => void): StopSignals {
  let askedAt: number | undefined;
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const onSignal = (why: string) => {
    if (askedAt === undefined) {
      askedAt = performance.now();
      onFirst(why);
      resolve();
    } else if (performance.now() - askedAt > sameRequestMs) process.exit(1);
  };
  // EPIPE: the reader of the output has gone, as in `npm start | head`.
  // A full disk loses lines, and may have room later.
  const onPipeError = ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'ENOSPC' && code !== 'EDQUOT' && askedAt === undefined) onSignal('output closed');
  };
  for (const signal of signals) process.on(signal, onSignal);
  process.stdout.on('error', onPipeError);
  const watch = process.env.npm_lifecycle_event ? onOrphaned(() => onSignal('npm ended')) : undefined;
  return {
    first,
    get isAsked() {
      return askedAt !== undefined;
    },
    close() {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** npm sends a signal only to its shell, and a shell that waits for its last command dies without passing it on. */
function onOrphaned(act: () => void): NodeJS.Timeout {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    act();
  }, orphanCheckMs);
  return watch.unref();
}
