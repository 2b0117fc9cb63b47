import type { OpenApiDocument } from '../openapi/document.ts';
import type { CanaryReport } from './canary.ts';

/** A replica that has been replaced. */
export interface ReplacedReplica {
  /** `hello-1`; of a container the old name. */
  readonly replica: string;
  /** How long it took, in ms, until its successor was ready and it had finished its requests. */
  readonly tookMs: number;
}

/** What a rollout did. */
export interface RolloutResult {
  readonly replaced: readonly ReplacedReplica[];
  /** How the first new ones compared, where they were tried. */
  readonly canary?: CanaryReport | undefined;
}

/** A way to replace the replicas of one service. */
export interface Rollout {
  /** `launcher` or `compose`. */
  readonly source: 'launcher' | 'compose';
  /** Where clients go, where it is known. */
  readonly url: string | undefined;
  /** The OpenAPI document of the service. @throws CliError where it has none */
  document(): Promise<OpenApiDocument>;
  /**
   * Replaces all replicas.
   *
   * @param onStep tells of each step, for people
   * @throws CliError at the first that does not get ready; the rest is as it was
   */
  run(onStep: (sentence: string) => void): Promise<RolloutResult>;
}

/** What a rollout needs of its surroundings. */
export interface RolloutDependencies {
  /** Waits, at most until the signal aborts where there is one. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Aborts where a person wants it to end: at the next step where nothing is half done. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}
