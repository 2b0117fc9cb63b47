import { describe, expect, it, jest } from '@jest/globals';
import { boundedReply } from './bounded-reply.ts';

describe('boundedReply', () => {
  it('reads a whole body, with characters across its chunks', async () => {
    const [first, second] = [new Uint8Array([0xe2, 0x82]), new Uint8Array([0xac])];
    const body = ReadableStream.from([first, second]);
    expect(await boundedReply(new Response(body), 3)).toBe('€');
    expect(await boundedReply(new Response(null), 3)).toBe('');
  });

  it('stops reading a body that is too long', async () => {
    const cancel = jest.fn<() => void>();
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1000)), cancel });
    expect(await boundedReply(new Response(body), 10_000)).toBeUndefined();
    expect(cancel).toHaveBeenCalled();
  });
});
