import { describe, expect, it } from '@jest/globals';
import { type Contract, defineContract, get, type OpenUpstream, post } from '@parley/contract';
import { z } from 'zod';
import { settingSources } from '../process/setting-sources.ts';
import { readSettings, type Settings } from '../process/settings.ts';
import { lint, rules } from './lint.ts';

const output = z.object({});
const shop = defineContract('shop', { getItem: get('/api/item', { summary: 'One', output }) });
const keyed = defineContract('shop', { buy: post('/api/orders', { summary: 'Buy', output, safety: 'keyed' }) });
const quiet: Partial<Settings> = { host: '127.0.0.1', adminHost: '127.0.0.1' };

function upstream(name: string, options: Record<string, number> = {}, circuits: readonly string[] = ['closed']) {
  return {
    name,
    status: () => ({ endpoints: circuits.map((circuit) => ({ circuit })) }),
    shownOptions: () => Object.entries(options).map(([option, value]) => ({ name: option, value, source: 'code' })),
  } as unknown as OpenUpstream;
}

function found(
  overrides: Partial<Settings> = {},
  { contract = shop as Contract, options = {}, upstreams = [] as readonly OpenUpstream[] } = {},
) {
  const settings = readSettings({}, { ...quiet, ...overrides });
  const effective = { settings, sources: settingSources({}), options, limits: {} };
  return lint({ contract, effective, upstreams });
}

const token = 'a-token-of-16-characters';
const files = { tlsCertFile: 'a.crt', tlsKeyFile: 'a.key' };
const fine = { callTimeoutMs: 5_000, maxAttempts: 3 };

describe('lint', () => {
  it('finds nothing where all is well', () => {
    expect(found()).toEqual([]);
    expect(found({ host: '::1', adminReadToken: token, adminActToken: `${token}-2` })).toEqual([]);
    expect(found({ host: '0.0.0.0', ...files })).toEqual([]);
    expect(found({ host: '0.0.0.0' }, { options: { tls: {} } })).toEqual([]);
    expect(found({}, { contract: keyed, options: { idempotency: { store: {} } } })).toEqual([]);
    expect(found({}, { upstreams: [upstream('a', fine, ['closed', 'forced-open']), upstream('b', fine, [])] })).toEqual(
      [],
    );
    expect(found({ drainTimeoutMs: 20_000 }, { options: { requestTimeoutMs: 20_000 } })).toEqual([]);
  });

  const cases: Record<string, readonly [Parameters<typeof found>, string]> = {
    'cleartext-callers': [[{ host: '0.0.0.0' }], 'cleartext on 0.0.0.0'],
    'cleartext-admin-token': [[{ adminHost: '10.0.0.1', adminReadToken: token }], 'cleartext on 10.0.0.1'],
    'one-admin-token': [[{ adminReadToken: token, adminActToken: token }], 'are the same'],
    'keyed-in-memory': [[{}, { contract: keyed }], '(buy)'],
    'drain-cuts-off': [
      [{}, { options: { operations: { getItem: { requestTimeoutMs: 30_000 } } } }],
      'may take 30000 ms, and a draining service waits 10000 ms',
    ],
    'call-outlives-request': [
      [{}, { upstreams: [upstream('a', { callTimeoutMs: 60_000 })] }],
      'Calls to a have 60000 ms (callTimeoutMs), but the request that makes one ends after 10000 ms',
    ],
    'no-retries': [
      [{}, { upstreams: [upstream('a', { maxAttempts: 1 }, ['closed', 'open'])] }],
      'a has 2 endpoints and maxAttempts is 1',
    ],
    'all-forced-open': [
      [{}, { upstreams: [upstream('a', fine, ['forced-open', 'forced-open'])] }],
      'Every endpoint of a is forced open',
    ],
    'same-name': [[{}, { upstreams: [upstream('a'), upstream('b'), upstream('a'), upstream('a')] }], 'are named a:'],
  };

  it.each(Object.entries(cases))('finds %s, once, in one sentence without a secret', (rule, [given, words]) => {
    const findings = found(...given);
    expect(findings).toEqual([{ rule, sentence: expect.stringContaining(words) }]);
    expect(JSON.stringify(findings)).not.toContain(token);
  });

  it('has a test of every rule', () => {
    expect(Object.keys(cases)).toEqual(Object.keys(rules));
  });
});
