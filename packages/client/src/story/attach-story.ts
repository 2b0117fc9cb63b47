import { CallError } from '@parley/contract';
import type { Request } from '../layer.ts';
import { Reply } from '../transport/reply.ts';

/** What a call fails with, once it knows its story. An error that is the end of other calls too (a signal's reason, single-flight) is copied. */
export function attachStory(error: unknown, { story, label }: Request, status?: number): unknown {
  if (!(error instanceof CallError)) return error;
  const ended = story.end(label, status, error.code);
  if (error.story !== undefined && error.story !== ended) {
    return new CallError(error.code, error.detail, { ...error, story: ended, cause: error.cause });
  }
  error.story = ended;
  return error;
}

/** A reply whose error knows the story of its call. */
export function attachStoryToReply(reply: Reply, request: Request): Reply {
  const { status, headers, body, origin, error } = reply;
  if (!error) return reply;
  // Single-flight gives several callers one reply.
  const own = error.story ? new Reply(status, headers, body, origin) : reply;
  if (own.error) own.error.story = request.story.end(request.label, status, error.code);
  return own;
}
