import { CallError, type Fate, type Obstacle } from '@parley/contract';
import type { Call } from '../layer.ts';

const obstacles: Readonly<Record<Obstacle, Fate>> = {
  max_attempts: 'max_attempts',
  attempts_left: 'attempts_left',
  unsafe: 'not_retryable',
  body_spent: 'not_retryable',
  poison: 'poison',
  deadline: 'deadline',
  retry_budget: 'retry_budget',
};

/** What became of a call that ended with this error, or without one: from what its story noted on the way. */
export function fateOf(call: Pick<Call, 'tried' | 'story'>, error: unknown): Fate {
  return error === undefined ? successOf(call) : failureOf(call, error);
}

function successOf({ tried, story }: Pick<Call, 'tried' | 'story'>): Fate {
  if (tried.size <= 1) return 'success';
  if (story.latest('won')?.winner === 'hedge') return 'success_after_hedge';
  return story.latest('backoff') ? 'success_after_retry' : 'success';
}

function failureOf({ tried, story }: Pick<Call, 'tried' | 'story'>, error: unknown): Fate {
  const code = error instanceof CallError ? error.code : 'internal';
  if (code === 'cancelled') return 'cancelled';
  if (code === 'deadline_exceeded') return 'deadline';
  if (tried.size === 0 && !story.latest('joined')) {
    if (code === 'overloaded') return 'shed';
    if (code === 'unavailable') return 'no_endpoint';
  }
  const gaveUp = story.latest('gave_up');
  return gaveUp ? obstacles[gaveUp.obstacle] : 'not_retryable';
}
