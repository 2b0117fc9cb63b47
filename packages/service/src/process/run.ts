import { isConfigMistake } from '@parley/contract';
import { ConfigError } from './config-error.ts';

/**
 * Runs a service's `main`. Where it cannot start, that is one sentence on standard error and exit code 1;
 * a stack is shown only where the fault is in the code. A wrong address or certificate of an upstream is
 * one sentence too.
 */
export async function run(main: () => Promise<unknown>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof ConfigError || isConfigMistake(error) ? error.message : error);
    // What main opened before it failed (a pool, a database) would keep the process alive.
    process.exit(1);
  }
}
