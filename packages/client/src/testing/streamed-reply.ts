import { Readable } from 'node:stream';
import { framings, type Operation, type Stream, validate } from '@parley/contract';
import type { InMemoryReply } from './in-memory-message.ts';

/**
 * The reply of an operation whose output is a stream. Waits for the first item, so that an early failure is an ordinary
 * problem; a later one, put into words by `told`, is the stream's last word.
 *
 * @throws unknown what the handler throws before its first item
 */
export async function streamedReply(
  { status, label }: Operation,
  stream: Stream,
  items: AsyncIterator<unknown>,
  told: (error: unknown) => Promise<string>,
): Promise<InMemoryReply> {
  const { mediaType, item, problem, end } = framings[stream.framing];
  const next = async () => {
    const { done, value } = await items.next();
    if (done) return undefined;
    const result = await validate(stream, value);
    if ('issues' in result) throw new TypeError(`an item of ${label} does not fit the contract`);
    return item(result.value);
  };
  async function* texts(first: string | undefined) {
    try {
      for (let text = first; text !== undefined; text = await next()) yield Buffer.from(text);
      if (end) yield Buffer.from(end);
    } catch (error) {
      yield Buffer.from(problem(JSON.parse(await told(error))));
    } finally {
      await items.return?.();
    }
  }
  const body = Readable.from(texts(await next()), { objectMode: false });
  return { status, headers: { 'content-type': mediaType }, body };
}
