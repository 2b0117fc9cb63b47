import type { Content, WireInput } from '@parley/contract';

/** A body as `fetch` of every runtime takes it, and as often as the call is sent: streams are read whole. */
export async function wholeBody(body: WireInput['body']): Promise<Exclude<WireInput['body'], Content> | Blob> {
  return typeof body === 'object' && 'bytes' in body && !(body instanceof Blob) ? body.bytes() : body;
}
