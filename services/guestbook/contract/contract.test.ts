import { describe, expect, it } from '@jest/globals';
import { validate } from '@parley/contract';
import { guestbook } from './contract.ts';

const { addVisit, getVisit } = guestbook.operations;

describe('the guestbook contract', () => {
  it.each(['Zoë', '李小龍', '👩🏽‍🚀', "O'Brien"])('takes the name %s', async (name) => {
    expect(await validate(addVisit.input, { name })).toEqual({ value: { name } });
  });

  it.each(['a\0b', 'a\u001b[31m', 'a\nb', 'a\ud800b', '', '   '])('refuses the name %j', async (name) => {
    expect(await validate(addVisit.input, { name })).toMatchObject({ issues: [{ path: 'name' }] });
  });

  it('says what is wrong with a NUL', async () => {
    expect(await validate(addVisit.input, { name: 'a\0b' })).toEqual({
      issues: [{ path: 'name', message: 'Control characters are not allowed' }],
    });
  });

  it('lets a note have lines, and no other control characters', async () => {
    expect(await validate(addVisit.input, { name: 'Ada', note: 'a\r\n\tb' })).toHaveProperty('value');
    expect(await validate(addVisit.input, { name: 'Ada', note: 'a\0b' })).toMatchObject({ issues: [{ path: 'note' }] });
  });

  it('takes an id in upper case for the same id', async () => {
    const id = '0190a5e2-7c3b-7d1a-8f00-00000000abcd';
    expect(await validate(getVisit.input, { id: id.toUpperCase() })).toEqual({ value: { id } });
  });
});
