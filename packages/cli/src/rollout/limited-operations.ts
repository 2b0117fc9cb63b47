import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError } from '../cli-error.ts';

/**
 * The operations of a service that the gateway's policy allows one client less often, by the table of the nearest folder that has
 * one. None where no folder has.
 *
 * @param folder where to begin, from there up
 * @param rate requests a second
 * @throws CliError where the table is not what `parley gateway` writes
 */
export async function limitedOperations(folder: string, service: string, rate: number): Promise<ReadonlySet<string>> {
  // Imported late: it brings the launcher, which a rollout without --verify does without.
  const { LocalError, readGatewayTable, tableFile } = await import('@parley/local');
  const above = dirname(folder);
  if (!existsSync(join(folder, tableFile))) {
    return above === folder ? new Set() : limitedOperations(above, service, rate);
  }
  try {
    const operations = readGatewayTable(folder)?.operations ?? [];
    const limited = operations.filter(
      (one) => one.service === service && one.requestsPerSecond !== undefined && one.requestsPerSecond < rate,
    );
    return new Set(limited.map(({ name }) => name));
  } catch (error) {
    if (error instanceof LocalError) throw new CliError('usage', error.message);
    throw error;
  }
}
