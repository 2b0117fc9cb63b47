import { describe, expect, it } from '@jest/globals';
import { parseBaggage } from './baggage.ts';

describe('baggage', () => {
  it.each([
    ['tenant=7', 'tenant=7'],
    ['tenant=7, user=ada', 'tenant=7,user=ada'],
    ['tenant = 7 ; ttl = 30 ; secret', 'tenant = 7 ; ttl = 30 ; secret'],
    ['a=,b=1', 'a=,b=1'],
    ['a=%C3%A9', 'a=%C3%A9'],
    ['a="1",b=2', 'b=2'],
    ['a=1 2,b=2', 'b=2'],
    ['a,=1,b c=2', undefined],
    ['a=\u00e9', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is handed on as %j', (header, expected) => {
    expect(parseBaggage(header)).toBe(expected);
  });

  it('has at most 64 members', () => {
    const members = Array.from({ length: 70 }, (_, index) => `k${index}=1`);
    expect(parseBaggage(members.join(','))).toBe(members.slice(0, 64).join(','));
  });

  it('has at most 8192 characters', () => {
    const long = `a=${'x'.repeat(4093)}`;
    expect(parseBaggage(`${long},${long}`)).toHaveLength(4095 + 1 + 4095);
    expect(parseBaggage(`${long}x,${long}x`)).toHaveLength(4096);
    expect(parseBaggage(`a=${'x'.repeat(8191)}`)).toBeUndefined();
  });
});
