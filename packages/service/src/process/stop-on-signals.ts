import type { Logger } from 'pino';

/** Something left open after the last line of a drain keeps the process no longer than this, in ms. */
const lingerMs = 1000;

/**
 * Stops the service at SIGTERM (an orchestrator) or SIGINT (Ctrl-C), with exit code 0 once it has stopped.
 * A second signal exits at once with code 1. Answers with a function that takes the listeners away.
 */
export function stopOnSignals(stop: () => Promise<void>, logger: Logger): () => void {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info({ signal }, 'asked to stop');
    stop().then(leave);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return () => {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  };
}

// An empty event loop ends the process by itself and loses no output; process.exit is for what was left open.
function leave(): void {
  process.exitCode = 0;
  setTimeout(() => process.exit(0), lingerMs).unref();
}
