import { describe, expect, it } from '@jest/globals';
import { scripted, someCall, someReply } from '../test-fixtures/sample.ts';
import { type Call, type CallLayer, type SendCall, stack } from './layer.ts';

describe('stack', () => {
  const noting =
    (name: string, seen: string[]): CallLayer =>
    (next) =>
    async (request) => {
      seen.push(`${name} sees the request`);
      const reply = await next(request);
      seen.push(`${name} sees the reply`);
      return reply;
    };

  it('lets the first listed see the request first, and the reply last', async () => {
    const seen: string[] = [];
    await stack(noting('first', seen), noting('second', seen))(scripted<Call>(someReply()))(someCall());
    expect(seen).toEqual([
      'first sees the request',
      'second sees the request',
      'second sees the reply',
      'first sees the reply',
    ]);
  });

  it('is the way of answering itself where no layer is listed', () => {
    const send = scripted<Call>(someReply());
    expect(stack<SendCall>()(send)).toBe(send);
  });
});
