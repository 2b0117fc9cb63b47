import { CliError } from '../cli-error.ts';
import { readDocument } from '../openapi/document.ts';
import type { SystemReplica } from '../systems/system.ts';
import type { ReplacedReplica, Rollout, RolloutDependencies } from './rollout.ts';

/** What the replicas of a launcher need to be replaced. */
export interface LaunchedRolloutOptions extends RolloutDependencies {
  readonly service: string;
  readonly url: string | undefined;
  readonly replicas: readonly SystemReplica[];
  /** Has the launcher replace one; rejects with a sentence where it does not. */
  readonly replace: (replica: string) => Promise<void>;
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
      for (const { name } of replicas) {
        const startMs = now();
        try {
          if (signal.aborted) throw new Error('interrupted');
          await replace(name);
        } catch (error) {
          const rest = replicas.slice(replaced.length + 1).map((one) => one.name);
          const others =
            rest.length > 0
              ? `${rest.join(', ')} ${rest.length === 1 ? 'is' : 'are'} as before`
              : 'it was the last one';
          throw new CliError('failed', `${name} was not replaced: ${(error as Error).message} (${others})`, {
            data: { replaced, failed: name },
          });
        }
        const tookMs = Math.round(now() - startMs);
        replaced.push({ replica: name, tookMs });
        onStep(`${name} is replaced, in ${tookMs} ms`);
        await pause(settleMs);
      }
      return replaced;
    },
  };
}
