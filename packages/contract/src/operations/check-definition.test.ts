import { describe, expect, it } from '@jest/globals';
import { get, post } from './operation.ts';

const untyped = get as (path: string, options: object) => unknown;

describe('the options of an operation', () => {
  it('that are misspelled are refused with the nearest name', () => {
    expect(() => untyped('/a', { summary: 's', outputs: {} })).toThrow(
      new TypeError(
        'GET /a has no option outputs: did you mean output? It takes summary, input, output, errors, status, safety, cache, invalidates, auth, ' +
          'bodyLimits, mayCompress, deprecated, sunset, examples, requestHeaders, responseHeaders',
      ),
    );
    expect(() => untyped('/a', { summary: 's', timeout: 3 })).toThrow('GET /a has no option timeout: It takes');
  });

  it('have a text as the summary', () => {
    expect(() => untyped('/a', { summary: 7 })).toThrow(
      'GET /a must have a text as its summary, one line of what it does, not number',
    );
  });

  it('without a summary, in code without types, have the label in its place', () => {
    expect(untyped('/a', {})).toMatchObject({ summary: 'GET /a' });
  });

  it('may have any of those that there are', () => {
    expect(post('/a', { summary: 's', safety: 'keyed', mayCompress: false }).safety).toBe('keyed');
  });
});
