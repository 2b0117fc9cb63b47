import { describe, expect, it } from '@jest/globals';
import { suggestion } from './suggestion.ts';

const names = ['hello', 'greetings', 'guestbook'];

describe('suggestion', () => {
  it('asks whether a near name was meant, and names all where none is near', () => {
    expect(suggestion('helo', names)).toBe('; did you mean "hello"?');
    expect(suggestion('orders', names)).toBe('; there is hello, greetings, guestbook');
    expect(suggestion('orders', [])).toBe('');
  });
});
