import { CliError } from '../cli-error.ts';
import type { ReplicaSample } from '../metrics/replica-sample.ts';
import { readDocument } from '../openapi/document.ts';
import type { SystemReplica } from '../systems/system.ts';
import { type CanaryOptions, type CanaryReport, canarySentence, watchCanary } from './canary.ts';
import type { ReplacedReplica, Rollout, RolloutDependencies } from './rollout.ts';

/** What the replicas of a launcher need to be replaced. */
export interface LaunchedRolloutOptions extends RolloutDependencies {
  readonly service: string;
  readonly url: string | undefined;
  readonly replicas: readonly SystemReplica[];
  /** Has the launcher replace one; rejects with a sentence where it does not. */
  readonly replace: (replica: string) => Promise<void>;
  /** Watches the first new one before the next is replaced. Default: no. */
  readonly canary?: CanaryOptions | undefined;
  /** The metrics of a replica by the address of its operators' port. */
  readonly sample: (operators: string) => Promise<ReplicaSample | undefined>;
}

/** nginx leaves a replica that has refused a connection out for a second: the next one is replaced after that. */
const settleMs = 1_200;

/** Replaces what `parley start` runs: one replica after the other, by its launcher. */
export function launchedRollout(options: LaunchedRolloutOptions): Rollout {
  const { service, url, replicas, replace, pause, now, signal } = options;
  return {
    source: 'launcher',
    url,
    document: () =>
      readDocument(
        service,
        replicas.flatMap(({ address }) => address ?? []),
      ),
    async run(onStep) {
      const replaced: ReplacedReplica[] = [];
      let canary: CanaryReport | undefined;
      for (const { name } of replicas) {
        const startMs = now();
        try {
          if (signal.aborted) throw new Error('interrupted');
          await replace(name);
        } catch (error) {
          const others = othersAfter(replaced.length, replicas);
          throw new CliError('failed', `${name} was not replaced: ${(error as Error).message}${others}`, {
            data: { replaced, failed: name },
          });
        }
        const tookMs = Math.round(now() - startMs);
        replaced.push({ replica: name, tookMs });
        onStep(`${name} is replaced, in ${tookMs} ms`);
        await pause(settleMs);
        if (options.canary && replaced.length === 1) {
          canary = await tried(options, options.canary);
          onStep(`${name} is ${canarySentence(canary)}`);
        }
      }
      return { replaced, ...(canary && { canary }) };
    },
  };
}

/** What became of the replicas beside the one that was not replaced. Nothing where it is the only one. */
function othersAfter(count: number, replicas: readonly SystemReplica[]): string {
  const rest = replicas.slice(count + 1).map(({ name }) => name);
  if (rest.length > 0) return ` (${asBefore(rest)})`;
  return count > 0 ? ' (it was the last one)' : '';
}

const asBefore = (names: readonly string[]) => `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} as before`;

/** The code before is gone, so the first one stays as it is. @throws CliError where it is worse than the others */
async function tried(
  { replicas, pause, sample, signal }: LaunchedRolloutOptions,
  { watchMs }: CanaryOptions,
): Promise<CanaryReport> {
  const [first, ...others] = replicas;
  const samplesOf = (some: readonly SystemReplica[]) =>
    Promise.all(some.map(({ operators }) => (operators ? sample(operators) : undefined)));
  const take = async () => ({ before: await samplesOf(others), after: await samplesOf(first ? [first] : []) });
  const report = await watchCanary(take, () => pause(watchMs, signal));
  if (report.fault === undefined) return report;
  throw new CliError(
    'failed',
    `${first?.name} is ${canarySentence(report)}. It is new${others.length > 0 ? `, ${asBefore(others.map(({ name }) => name))}` : ''}`,
    { data: { canary: report } },
  );
}
