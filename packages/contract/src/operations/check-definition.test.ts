import { describe, expect, it } from '@jest/globals';
import { get, post } from './operation.ts';

const untyped = get as (path: string, options: object) => unknown;

describe('the options of an operation', () => {
  it('that are misspelled are refused with the nearest name', () => {
    expect(() => untyped('/a', { summary: 's', outputs: {} })).toThrow(
      new TypeError(
        'GET /a has no option outputs: did you mean output? It takes summary, input, output, errors, status, safety, cache, auth, ' +
          'bodyLimits, mayCompress, deprecated, sunset, examples, requestHeaders, responseHeaders',
      ),
    );
    expect(() => untyped('/a', { summary: 's', timeout: 3 })).toThrow('GET /a has no option timeout: It takes');
  });

  it('must have a summary', () => {
    expect(() => untyped('/a', {})).toThrow('GET /a must have a summary, one line of what it does, not undefined');
  });

  it('may have any of those that there are', () => {
    expect(post('/a', { summary: 's', safety: 'keyed', mayCompress: false }).safety).toBe('keyed');
  });
});
