import { describe, expect, it } from '@jest/globals';
import { isPrototypePolluted, ownMember, ownMembers } from './own-members.ts';

describe('ownMembers', () => {
  it('has what an object has itself, and nothing that it inherits', () => {
    const given = Object.assign(Object.create({ inherited: 1 }), { own: 2 });
    const members = ownMembers<Record<string, unknown>>(given);
    expect([members.own, members.inherited, members.toString]).toEqual([2, undefined, undefined]);
  });

  it('gives back what has own members only', () => {
    const members = ownMembers({ a: 1 });
    expect(ownMembers(members)).toBe(members);
  });

  it('is a copy of anything else', () => {
    const given = { a: 1 };
    const members = ownMembers(given);
    given.a = 2;
    expect(members.a).toBe(1);
  });

  it('finds one of them', () => {
    expect([ownMember({ a: 1 }, 'a'), ownMember(Object.create({ a: 1 }) as { a: number }, 'a')]).toEqual([
      1,
      undefined,
    ]);
  });
});

describe('isPrototypePolluted', () => {
  it('notices a member of Object.prototype as long as it is there', () => {
    const prototype = Object.prototype as { own?: string };
    const before = isPrototypePolluted();
    prototype.own = 'x';
    const meanwhile = isPrototypePolluted();
    delete prototype.own;
    expect([before, meanwhile, isPrototypePolluted()]).toEqual([false, true, false]);
  });
});
