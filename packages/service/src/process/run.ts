import { isConfigMistake } from '@parley/contract';

/**
 * Runs a service's `main`. Where it cannot start, that is one sentence on standard error and exit code 1;
 * a stack is shown only where the fault is in the code.
 */
export async function run(main: () => Promise<unknown>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(isConfigMistake(error) ? error.message : error);
    // What main opened before it failed (a pool, a database) would keep the process alive.
    process.exit(1);
  }
}
