import type { ScoredEndpoint } from '@parley/contract';
import type { StoryRecorder } from './story-recorder.ts';

/** Among more endpoints than this the ejected ones are not listed: a choice costs the same however many there are. */
const mostEndpoints = 50;
/** Ejected endpoints that a story names. */
const maxEjected = 5;

/** An endpoint, as far as a story names it. */
export interface NamedEndpoint {
  readonly address: string;
  readonly isEjected: boolean;
}

/** A choice of an endpoint, and what it was made from. */
export interface Choice {
  /** 1 for the first attempt of a call. */
  readonly attempt: number;
  /** Address of the chosen endpoint; none where all are ejected. */
  readonly endpoint: string | undefined;
  readonly candidates: readonly ScoredEndpoint[];
  /** Every endpoint that is known. */
  readonly known: readonly NamedEndpoint[];
  readonly isPanic: boolean;
  readonly atMs: number;
}

/** Records where the next attempt of a call goes, and why. */
export function recordChoice(story: StoryRecorder, choice: Choice): void {
  const { attempt, endpoint, candidates, known, isPanic, atMs } = choice;
  const ejected = known.length > mostEndpoints ? [] : known.filter(({ isEjected }) => isEjected);
  story.add(
    {
      kind: 'chosen',
      attempt,
      endpoint,
      candidates,
      ejected: ejected.slice(0, maxEjected).map(({ address }) => address),
      isPanic,
    },
    atMs,
  );
}
