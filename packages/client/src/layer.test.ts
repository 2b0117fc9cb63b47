import { describe, expect, it } from '@jest/globals';
import { scripted, someReply, someRequest } from '../test-fixtures/sample.ts';
import { type Layer, stack } from './layer.ts';

describe('stack', () => {
  const noting =
    (name: string, seen: string[]): Layer =>
    (next) =>
    async (request) => {
      seen.push(`${name} sees the request`);
      const reply = await next(request);
      seen.push(`${name} sees the reply`);
      return reply;
    };

  it('lets the first listed see the request first, and the reply last', async () => {
    const seen: string[] = [];
    await stack(noting('first', seen), noting('second', seen))(scripted(someReply()))(someRequest());
    expect(seen).toEqual([
      'first sees the request',
      'second sees the request',
      'second sees the reply',
      'first sees the reply',
    ]);
  });

  it('is the way of answering itself where no layer is listed', () => {
    const send = scripted(someReply());
    expect(stack()(send)).toBe(send);
  });
});
