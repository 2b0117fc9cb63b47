// Loaded into each process of Jest. An error after the last test of a file ends the worker, and Jest runs the file that
// was next once more, and passes. CI fails by what is written here.
import { appendFileSync } from 'node:fs';

const { CRASHES, JEST_WORKER_ID } = process.env;
if (CRASHES && JEST_WORKER_ID) {
  process.on('uncaughtExceptionMonitor', (error) => {
    appendFileSync(CRASHES, `worker ${JEST_WORKER_ID} of Jest: ${error?.stack ?? error}\n`);
  });
}
