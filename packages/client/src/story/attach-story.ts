import { CallError } from '@parley/contract';
import type { StoryRecorder } from './story-recorder.ts';

/** A call, as far as its story is concerned. */
export interface StoriedCall {
  readonly label: string;
  readonly story: StoryRecorder;
}

/**
 * Ends the story of a call that fails, and attaches it to the error. An error that ends other calls too (a signal's
 * reason, single-flight) is copied. Returns anything but a CallError as it is.
 *
 * @param status HTTP status, where a reply came
 */
export function attachStory(error: unknown, { story, label }: StoriedCall, status?: number): unknown {
  if (!(error instanceof CallError)) return error;
  const ended = story.end(label, status, error.code);
  if (error.story !== undefined && error.story !== ended) {
    return new CallError(error.code, error.detail, { ...error, story: ended, cause: error.cause });
  }
  error.story = ended;
  return error;
}
