import { headerNames, type Operation, problemMediaType, problemOf, publicError } from '@parley/contract';
import type { InMemoryReply } from './in-memory-message.ts';

/** The problem that a Parley service answers something thrown with. */
export async function problemReply(
  thrown: unknown,
  operation: Operation | undefined,
  requestId: string | undefined,
): Promise<InMemoryReply> {
  const { error, title } = await publicError(thrown, operation);
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
