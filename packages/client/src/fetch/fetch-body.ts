import type { Content, WireInput } from '@parley/contract';
import type { CancelSignal } from '../time/cancel-signal.ts';

/** A body as `fetch` of every runtime takes it, and as often as the call is sent. */
export type WholeBody = Exclude<WireInput['body'], Content> | Blob;

/** Reads a stream whole. The signal ends that, and closes the stream. */
export async function wholeBody(body: WireInput['body'], signal: CancelSignal | undefined): Promise<WholeBody> {
  if (!(typeof body === 'object' && 'bytes' in body) || body instanceof Blob) return body;
  const reader = (body.stream() as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  signal?.addEventListener('abort', () => {
    reader.cancel().catch(() => {}); // broken already
  });
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    parts.push(value);
  }
}
