import { describe, expect, it } from '@jest/globals';
import { scaffoldHelp } from './command.ts';

describe('the help', () => {
  it('of init and of add is their own, by the name of the program', () => {
    expect(scaffoldHelp('init', 'parley')).toMatch(/^Makes a new repository.*\n\n {2}parley init shop {2,}in the new/);
    expect(scaffoldHelp('init', 'parley')).toContain('parley init shop --packages packed ');
    expect(scaffoldHelp('add', 'parley-local')).toMatch(/^Adds .*\n\n {2}parley-local add service prices /);
    expect(scaffoldHelp('add', 'parley-local')).toContain('parley-local add operation hello wave ');
  });
});
