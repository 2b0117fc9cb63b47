import { Readable } from 'node:stream';
import { acceptOutput, type Operation, type Stream } from '@parley/contract';
import type { InMemoryReply } from './in-memory-message.ts';

/**
 * The reply of an operation whose output is a stream. Waits for the first item, so that an early failure is an ordinary
 * problem; a later one, formatted by `problemOf`, is the stream's last word.
 *
 * @throws unknown what the handler throws before its first item
 */
export async function streamedReply(
  operation: Operation,
  stream: Stream,
  items: AsyncIterator<unknown>,
  problemOf: (error: unknown) => Promise<string>,
): Promise<InMemoryReply> {
  const { mediaType, item, problem, end } = stream.wire;
  const next = async () => {
    const { done, value } = await items.next();
    if (done) return undefined;
    return item(await acceptOutput(operation, value));
  };
  async function* texts(first: string | undefined) {
    try {
      for (let text = first; text !== undefined; text = await next()) yield Buffer.from(text);
      if (end) yield Buffer.from(end);
    } catch (error) {
      yield Buffer.from(problem(JSON.parse(await problemOf(error))));
    } finally {
      await items.return?.();
    }
  }
  const body = Readable.from(texts(await next()), { objectMode: false });
  return { status: operation.status, headers: { 'content-type': mediaType }, body };
}
