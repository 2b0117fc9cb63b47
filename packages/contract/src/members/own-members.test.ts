import { describe, expect, it } from '@jest/globals';
import { ownMembers } from './own-members.ts';

describe('ownMembers', () => {
  it('has what an object has itself, and nothing that it inherits', () => {
    const given = Object.assign(Object.create({ inherited: 1 }), { own: 2 });
    const members = ownMembers<Record<string, unknown>>(given);
    expect([members.own, members.inherited, members.toString]).toEqual([2, undefined, undefined]);
  });

  it('is a copy', () => {
    const given = { a: 1 };
    const members = ownMembers(given);
    given.a = 2;
    expect(members.a).toBe(1);
  });
});
