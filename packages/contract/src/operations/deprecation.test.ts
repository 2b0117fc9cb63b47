import { describe, expect, it } from '@jest/globals';
import { defineContract } from '../contract.ts';
import { openapi } from '../openapi/openapi.ts';
import { deprecationHeaders } from './deprecation.ts';
import { get, type OperationOptions } from './operation.ts';

type Ending = Pick<OperationOptions<undefined, undefined>, 'deprecated' | 'sunset'>;

const operation = (ending: Ending) => get('/api/old', { summary: 'Old', ...ending });

describe('the end of an operation', () => {
  it.each<[Ending, object]>([
    [{}, {}],
    [{ deprecated: false }, {}],
    [{ deprecated: true }, { deprecation: '@0' }],
    [{ deprecated: 'Call getNew' }, { deprecation: '@0' }],
    [{ deprecated: { since: '2026-11-30' } }, { deprecation: '@1795996800' }],
    [{ sunset: '2027-01-31' }, { sunset: 'Sun, 31 Jan 2027 00:00:00 GMT' }],
    [
      { deprecated: { since: '2026-11-30T12:00:00.5+01:00', reason: 'Call getNew' }, sunset: '2027-01-31T12:00Z' },
      { deprecation: '@1796036400', sunset: 'Sun, 31 Jan 2027 12:00:00 GMT' },
    ],
  ])('%j has the headers %j', (ending, headers) => {
    expect(deprecationHeaders(operation(ending))).toEqual(headers);
  });

  it.each<[Ending, string]>([
    [{ sunset: 'soon' }, 'has sunset "soon": must be a day such as 2026-11-30, or a time with its zone'],
    [{ sunset: '2027-02-30' }, 'has sunset "2027-02-30"'],
    [{ sunset: '2027-01-31T12:00' }, 'has sunset'],
    [{ deprecated: { since: '1/2/2027' } }, 'has deprecated.since "1/2/2027"'],
    [
      { deprecated: { since: '2027-02-01' }, sunset: '2027-01-31' },
      'ends (2027-01-31) before it is deprecated (2027-02-01)',
    ],
  ])('%j is refused', (ending, message) => {
    expect(() => defineContract('shop', { old: operation(ending) })).toThrow(message);
  });

  it('is in the document: the flag, why, and the headers of replies', () => {
    const ending = { deprecated: { since: '2026-11-30', reason: 'Call getNew' }, sunset: '2027-01-31' };
    const { paths } = openapi(
      defineContract('shop', { old: operation(ending), fine: get('/api/new', { summary: 'New' }) }),
    );
    const { '/api/old': old, '/api/new': fine } = paths as Record<string, { get: Record<string, unknown> }>;
    expect(old?.get).toMatchObject({
      deprecated: true,
      description: expect.stringContaining('Deprecated since 2026-11-30: Call getNew. It ends on 2027-01-31.'),
      responses: {
        204: {
          headers: {
            deprecation: { schema: { const: '@1795996800' } },
            sunset: { schema: { const: 'Sun, 31 Jan 2027 00:00:00 GMT' } },
          },
        },
      },
    });
    expect(fine?.get).not.toHaveProperty('deprecated');
    expect(fine?.get.description).not.toContain('eprecated');
  });
});
