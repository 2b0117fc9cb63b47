import { describe, expect, it } from '@jest/globals';
import { CallError, defineContract, get } from '@parley/contract';
import { inMemoryService } from '../testing/in-memory-service.ts';

const shop = defineContract('shop', {
  old: get('/api/old', { summary: 'Old', deprecated: { since: '2026-11-30' }, sunset: '2027-01-31' }),
  failing: get('/api/failing', { summary: 'Old too', deprecated: 'Call fine' }),
  fine: get('/api/fine', { summary: 'Fine' }),
});

const { request } = inMemoryService(
  shop,
  {
    old: async () => {},
    failing: async () => {
      throw new CallError('not_found', 'gone');
    },
    fine: async () => {},
  },
  { cors: { origins: ['https://app.example.com'] } },
);

describe('replies of an operation', () => {
  it('say since when it is deprecated, and when it ends', async () => {
    const { headers } = await request('GET', '/api/old');
    expect(headers).toMatchObject({ deprecation: '@1795996800', sunset: 'Sun, 31 Jan 2027 00:00:00 GMT' });
  });

  it('say so where they are problems too', async () => {
    const { status, headers } = await request('GET', '/api/failing');
    expect([status, headers.deprecation, headers.sunset]).toEqual([404, '@0', undefined]);
  });

  it('say nothing where it is neither', async () => {
    const { headers } = await request('GET', '/api/fine');
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['deprecation']));
    expect(headers).not.toHaveProperty('sunset');
  });

  it('let pages of other origins read it', async () => {
    const { headers } = await request('GET', '/api/old', { headers: { origin: 'https://app.example.com' } });
    expect(headers['access-control-expose-headers']).toMatch(/deprecation, sunset/);
  });
});
