import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { configMistake, isConfigMistake } from './config-mistake.ts';

describe('a mistake of configuration', () => {
  it('is the same error, of the same class, which prints as before', () => {
    const error = new TypeError('PORT is wrong');
    const printed = inspect(error);
    expect(configMistake(error)).toBe(error);
    expect(error).toBeInstanceOf(TypeError);
    expect(inspect(error)).toBe(printed);
    expect(isConfigMistake(error)).toBe(true);
  });

  it.each([new TypeError('bug'), undefined, null, 'text', {}])('is not %p', (other) => {
    expect(isConfigMistake(other)).toBe(false);
  });
});
