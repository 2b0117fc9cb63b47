import { describe, expect, it } from '@jest/globals';
import { nearestName, suggestion } from './nearest-name.ts';

const names = ['hello', 'greetings', 'guestbook'];

describe('nearestName', () => {
  it.each([
    ['helo', 'hello'],
    ['ehllo', 'hello'],
    ['HELLO', 'hello'],
    ['greeting', 'greetings'],
    ['gestboook', 'guestbook'],
    ['hello-1', 'hello'],
  ])('takes %s for %s', (typed, name) => {
    expect(nearestName(typed, names)).toBe(name);
  });

  it.each(['orders', 'x', ''])('takes %j for none', (typed) => {
    expect(nearestName(typed, names)).toBeUndefined();
  });

  it('takes the nearest of several', () => {
    expect(nearestName('hello-3', ['hello-12', 'hello-2'])).toBe('hello-2');
  });
});

describe('suggestion', () => {
  it('asks whether a near name was meant, and names all where none is near', () => {
    expect(suggestion('helo', names)).toBe('; did you mean "hello"?');
    expect(suggestion('orders', names)).toBe('; there is hello, greetings, guestbook');
    expect(suggestion('orders', [])).toBe('');
  });
});
