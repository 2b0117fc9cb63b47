import { describe, expect, it } from '@jest/globals';
import { settingSources } from '../process/setting-sources.ts';
import { readSettings, type Settings } from '../process/settings.ts';
import { standardOptions } from '../process/standard-options.ts';
import { serviceOptions } from './service-options.ts';

const secret = 's3cret-s3cret-s3cret';

function shown(options: object = {}, env: Record<string, string> = {}, overrides: Partial<Settings> = {}) {
  const settings = readSettings(env, overrides);
  const sources = settingSources(env, overrides);
  const rows = serviceOptions({ settings, sources, options, limits: { requestTimeout: 30_000 } });
  return { rows, of: (name: string) => rows.find((row) => row.name === name) };
}

describe('the options of a service', () => {
  it('have the settings, with their variables and where they came from', () => {
    const { of } = shown({}, { PORT: '3001' }, { drainDelayMs: 0 });
    expect(of('port')).toMatchObject({ value: 3001, source: 'environment', variable: 'PORT' });
    expect(of('drainDelayMs')).toMatchObject({ value: 0, source: 'code', unit: 'ms', variable: 'DRAIN_DELAY_MS' });
    expect(of('drainTimeoutMs')).toMatchObject({ value: 10_000, source: 'default' });
    expect(of('tlsCertFile')).toMatchObject({ value: 'not set', source: 'default' });
  });

  it('have the options in code, with their defaults', () => {
    const { of } = shown({ maxInFlight: Number.POSITIVE_INFINITY, operations: { getItem: { requestTimeoutMs: 5 } } });
    expect(of('maxInFlight')).toMatchObject({ value: 'Infinity', source: 'code' });
    expect(of('requestTimeoutMs')).toMatchObject({ value: 10_000, source: 'default', unit: 'ms' });
    expect(of('operations.getItem.requestTimeoutMs')).toMatchObject({ value: 5, source: 'code' });
    expect(of('requestTimeout')).toMatchObject({ value: 30_000, source: 'default', unit: 'ms' });
    expect(of('bodyLimitBytes')).toMatchObject({ value: standardOptions.bodyLimitBytes, unit: 'bytes' });
  });

  it('have the proxies that hold: those in code before those of the environment', () => {
    const env = { TRUSTED_PROXIES: '10.0.0.0/8,2001:db8::/32' };
    expect(shown({}, env).of('trustedProxies')).toMatchObject({
      value: '10.0.0.0/8, 2001:db8::/32',
      source: 'environment',
    });
    expect(shown({ trustedProxies: ['10.0.0.1'] }, env).of('trustedProxies')).toMatchObject({
      value: '10.0.0.1',
      source: 'code',
    });
    expect(shown().of('trustedProxies')).toMatchObject({ value: 'not set', source: 'default' });
  });

  it('have no secrets: only whether they are set', () => {
    const env = {
      ADMIN_READ_TOKEN: secret,
      ADMIN_ACT_TOKEN: secret,
      TOKEN_ISSUER: 'https://issuer',
      TOKEN_JWKS_URL: `https://issuer/keys?key=${secret}`,
    };
    const { rows, of } = shown({ tls: { key: secret }, authenticate: { apiKey: () => secret } }, env);
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(of('adminReadToken')).toMatchObject({ value: 'set', source: 'environment' });
    expect(of('tls')).toMatchObject({ value: 'set', source: 'code' });
    expect(of('cors')).toMatchObject({ value: 'not set', source: 'default' });
    expect(shown().of('adminActToken')).toMatchObject({ value: 'not set', source: 'default' });
  });

  it('have each name once', () => {
    const names = shown().rows.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
