const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const actions = new Set<() => void>();

/**
 * Does something should the process end before it is taken back: by its own will, or by a signal such as Ctrl-C. A signal
 * then ends the process as it would have.
 *
 * @returns takes it back
 */
export function atEnd(action: () => void): () => void {
  if (actions.size === 0) {
    process.on('exit', actAll);
    for (const signal of signals) process.on(signal, endBy);
  }
  actions.add(action);
  return () => {
    actions.delete(action);
    if (actions.size === 0) leave();
  };
}

function actAll(): void {
  for (const action of actions) action();
  actions.clear();
}

function endBy(signal: NodeJS.Signals): void {
  actAll();
  leave();
  // Another listener may want to end the process in its own way.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function leave(): void {
  process.off('exit', actAll);
  for (const signal of signals) process.off(signal, endBy);
}
