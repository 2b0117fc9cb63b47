import { processDependencies } from './process-dependencies.ts';
import { runParley } from './program.ts';

/**
 * Runs a command line of `parley` in this process: its terminal, environment, files and signals.
 *
 * @param args after `parley`: `['services', '--json']`
 * @returns the exit code: see `exitCodes`
 */
export function parley(args: readonly string[]): Promise<number> {
  return runParley(args, processDependencies());
}
