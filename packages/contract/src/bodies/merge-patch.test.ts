import { describe, expect, it } from '@jest/globals';
import { applyMergePatch } from './merge-patch.ts';

describe('applyMergePatch', () => {
  // The test cases of RFC 7396, appendix A.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ] as [unknown, unknown, unknown][])('makes of %j with %j: %j', (target, patch, result) => {
    expect(applyMergePatch<unknown>(target, patch as never)).toEqual(result);
  });

  it('leaves out what is undefined, replaces dates, and changes neither side', () => {
    const target = { name: 'a', born: new Date(0), more: { x: 1 } };
    const patch = { name: undefined, born: new Date(1) };
    expect(applyMergePatch(target, patch)).toEqual({ name: 'a', born: new Date(1), more: { x: 1 } });
    expect(target.born).toEqual(new Date(0));
  });

  it('takes __proto__ for a name', () => {
    const patch = JSON.parse('{"__proto__":{"polluted":true}}');
    const result = applyMergePatch<object>({}, patch);
    expect(Object.keys(result)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('knows, for the compiler, what can be taken away', () => {
    const user: { name: string; nickname?: string | undefined } = { name: 'a', nickname: 'b' };
    expect(applyMergePatch(user, { nickname: null })).toEqual({ name: 'a' });
    // @ts-expect-error a user has a name
    applyMergePatch(user, { name: null });
  });
});
