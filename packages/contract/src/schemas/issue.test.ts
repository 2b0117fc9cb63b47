import { describe, expect, it } from '@jest/globals';
import { boundedIssue, boundedIssues, readIssues } from './issue.ts';

const issue = { path: 'a', message: 'must be b' };
const long = 'x'.repeat(10_000);
const cut = `${'x'.repeat(199)}…`;

describe('issues', () => {
  it('stay as they are where they are few and short', () => {
    const issues = [issue, issue];
    expect(boundedIssues(issues)).toBe(issues);
    expect(boundedIssue(issue)).toBe(issue);
  });

  it('are cut to 20 and their number, with 200 characters each', () => {
    const issues = boundedIssues(Array.from({ length: 50_000 }, () => ({ path: long, message: long })));
    expect(issues).toHaveLength(21);
    expect(issues[0]).toEqual({ path: cut, message: cut });
    expect(issues[20]).toEqual({ path: '', message: 'and 49980 more' });
    expect(boundedIssues(issues)).toBe(issues);
  });

  it('are read from what came as far as they are issues', () => {
    const other = [null, 1, 'text', [], {}, { path: 1, message: 'm' }, { path: 'p' }];
    expect(readIssues([...other, { ...issue, secret: long }])).toEqual([issue]);
    for (const none of [undefined, null, {}, long, [], other]) expect(readIssues(none)).toBeUndefined();
    expect(readIssues(Array.from({ length: 100_000 }, () => ({ path: long, message: 'm' })))).toHaveLength(21);
  });
});
