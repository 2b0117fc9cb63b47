import { describe, expect, it } from '@jest/globals';
import { shop } from '../../test-fixtures/shop.ts';
import * as checked from './checked-options.ts';
import * as unchecked from './unchecked-options.ts';

const { newestItem } = shop.operations;

describe('options without their checks', () => {
  it('are as those with them, where these are fine', () => {
    expect(Object.keys(unchecked)).toEqual(Object.keys(checked));
    const options = { timeoutMs: 5, maxAttempts: 2, priority: undefined } as object;
    const [given, known] = [unchecked, checked].map(({ callOptions }) => callOptions(newestItem, options));
    expect({ ...given }).toStrictEqual({ timeoutMs: 5, maxAttempts: 2 });
    expect({ ...known }).toStrictEqual({ ...given });
    const defaults = { newestItem: { maxAttempts: 2 } };
    const [own, same] = [unchecked, checked].map(({ operationDefaults }) =>
      operationDefaults(shop, defaults).get('newestItem'),
    );
    expect({ ...own }).toEqual({ ...same });
  });

  it('are own members only', () => {
    expect(unchecked.callOptions(newestItem, Object.create({ timeoutMs: 5 }))).not.toHaveProperty('timeoutMs');
  });
});
