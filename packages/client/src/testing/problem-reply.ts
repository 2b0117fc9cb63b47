import { headerNames, type PublicError, problemMediaType, problemOf } from '@parley/contract';
import type { InMemoryReply } from './in-memory-message.ts';

/** The problem with which a Parley service answers a failure. */
export function problemReply({ error, title }: PublicError, requestId?: string): InMemoryReply {
  const { retryAfterMs } = error;
  return {
    status: error.status,
    headers: {
      'content-type': problemMediaType,
      ...(retryAfterMs !== undefined && { [headerNames.retryAfter]: String(Math.ceil(retryAfterMs / 1000)) }),
    },
    body: JSON.stringify(problemOf(error, title, requestId)),
  };
}
