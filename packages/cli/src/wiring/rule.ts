import type { Deployment, Place } from './deployment.ts';

/** One mistake: where it is, what is wrong, what happens because of it, and what to change. */
export interface Problem extends Place {
  readonly sentence: string;
}

/** Looks for one kind of mistake. */
export interface Rule {
  /** What it looks for, for `docs/wiring-check.md`. */
  readonly finds: string;
  /** Whether it is worth knowing and no mistake: it does not fail the check. */
  readonly isRemark?: boolean;
  readonly in: (deployment: Deployment) => readonly Problem[];
}

/** Rules of one topic, by name. */
export type Rules = Readonly<Record<string, Rule>>;

/** A problem at a place. */
export function problem({ file, line }: Place, sentence: string): Problem {
  return { file, line, sentence };
}
