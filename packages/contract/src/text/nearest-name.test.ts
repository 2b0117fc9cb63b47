import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nearestName } from './nearest-name.ts';

const options = ['requestTimeoutMs', 'maxInFlight', 'middleware', 'mount', 'extras', 'errors', 'cors'];
const services = ['hello', 'greetings', 'guestbook'];

describe('the nearest name', () => {
  it.each([
    ['requestTimeoutMS', 'requestTimeoutMs'],
    ['requestTimeout', 'requestTimeoutMs'],
    ['middlewares', 'middleware'],
    ['maxInflight', 'maxInFlight'],
    ['mounts', 'mount'],
    ['error', 'errors'],
    ['extra', 'extras'],
    ['CORS', 'cors'],
    ['helo', 'hello'],
    ['ehllo', 'hello'],
    ['HELLO', 'hello'],
    ['greeting', 'greetings'],
    ['gestboook', 'guestbook'],
    ['hello-1', 'hello'],
  ])('of %s is %s', (wrong, right) => {
    expect(nearestName(wrong, [...options, ...services])).toBe(right);
  });

  it.each(['port', 'bodyLimitBytes', 'orders-of-today', 'x', ''])('of %j is none', (wrong) => {
    expect(nearestName(wrong, [...options, ...services])).toBeUndefined();
  });

  it('is the nearest of several', () => {
    expect(nearestName('hello-3', ['hello-12', 'hello-2'])).toBe('hello-2');
  });

  it('is the name itself, whatever its case', () => {
    const property = fc.property(fc.string({ minLength: 1 }), (name) => {
      expect(nearestName(name.toUpperCase().toLowerCase(), [name])).toBe(name);
    });
    fc.assert(property, { numRuns: 200 });
  });
});
