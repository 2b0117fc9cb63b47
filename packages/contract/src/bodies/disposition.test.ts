import { describe, expect, it } from '@jest/globals';
import { fileNameOf } from './disposition.ts';

describe('fileNameOf', () => {
  it.each([
    ['attachment; filename="a b.txt"', 'a b.txt'],
    ['attachment; filename=a.txt', 'a.txt'],
    ['attachment; filename="a \\"b\\".txt"', 'a "b".txt'],
    [`attachment; filename="U.png"; filename*=UTF-8''%C3%9C.png`, 'Ü.png'],
    [`attachment; filename*=utf-8'de'%C3%9C.png`, 'Ü.png'],
    [`attachment; filename="x"; filename*=UTF-8''%FF`, 'x'],
    [`inline; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd`, 'passwd'],
    ['attachment; filename="C:\\\\secret\\\\a.txt"', 'a.txt'],
    ['attachment', undefined],
    ['attachment; filename="/"', undefined],
    [undefined, undefined],
  ])('%s is %s', (header, name) => {
    expect(fileNameOf(header)).toBe(name);
  });

  it('is cut to 255 characters', () => {
    expect(fileNameOf(`attachment; filename=${'a'.repeat(999)}`)).toHaveLength(255);
  });
});
