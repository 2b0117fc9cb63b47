import { describe, expect, it } from '@jest/globals';
import { passedFiles } from './gateway/passed-files.ts';

const tests = (title: string, ...statuses: readonly string[]) =>
  statuses.map((status) => ({ ancestorTitles: [title], status }));

describe('the table of gateways', () => {
  it('has each gateway that has run tests of a file, and how many of them it has passed', () => {
    const results = [
      {
        testFilePath: '/x/paths.test.ts',
        testResults: [
          ...tests('texts that come by way of: service', 'passed'),
          ...tests('texts that come by way of: nginx-1.30', 'passed', 'passed', 'pending'),
          ...tests('texts that come by way of: haproxy', 'passed', 'failed', 'passed'),
        ],
      },
      { testFilePath: '/x/causes.test.ts', testResults: tests('a problem of nginx-1.30', 'passed') },
    ];
    expect(passedFiles(results)).toBe(
      [
        'FILE            haproxy        nginx-1.30',
        'causes.test.ts  –              1 passed',
        'paths.test.ts   1 of 3 failed  2 passed',
      ].join('\n'),
    );
  });
});
