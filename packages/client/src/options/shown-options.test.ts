import { describe, expect, it } from '@jest/globals';
import { CurrentOptions } from './current-options.ts';
import { upstreamDefaults } from './upstream-options.ts';

const secret = 's3cret';

describe('the options that operators see', () => {
  const of = (options: CurrentOptions, name: string) => options.shown().find((option) => option.name === name);

  it('are all, with value, unit and source', () => {
    const options = new CurrentOptions({ maxAttempts: 2 });
    expect(options.shown().map(({ name }) => name)).toEqual(Object.keys(upstreamDefaults));
    expect(of(options, 'maxAttempts')).toEqual({ name: 'maxAttempts', value: 2, source: 'code', unit: 'attempts' });
    expect(of(options, 'backoffMaxMs')).toEqual({ name: 'backoffMaxMs', value: 1_000, source: 'default', unit: 'ms' });
    expect(of(options, 'subsetSize')).toMatchObject({ value: 'Infinity', source: 'default' });
    expect(of(options, 'singleFlight')).toEqual({ name: 'singleFlight', value: false, source: 'default' });
  });

  it('tell what was changed while the upstream is open', () => {
    const options = new CurrentOptions({ maxAttempts: 2 });
    options.change({ maxAttempts: 1 });
    expect(of(options, 'maxAttempts')).toMatchObject({ value: 1, source: 'configure' });
  });

  it('tell what an operator has changed', () => {
    const options = new CurrentOptions({ maxAttempts: 2 });
    options.override({ maxAttempts: 1 });
    expect(of(options, 'maxAttempts')).toMatchObject({ value: 1, source: 'admin' });
    options.endOverrides();
    expect(of(options, 'maxAttempts')).toMatchObject({ value: 2, source: 'code' });
  });

  it('tell where an attempt timeout came from that follows a shorter call', () => {
    const options = new CurrentOptions({ callTimeoutMs: 500 });
    expect(of(options, 'attemptTimeoutMs')).toMatchObject({ value: 500, source: 'code' });
  });

  it('have no secret', () => {
    const token = () => secret;
    const options = new CurrentOptions({
      token,
      tls: { key: secret, cert: secret },
      probePath: `/healthz?key=${secret}`,
    });
    expect(JSON.stringify(options.shown())).not.toContain(secret);
    expect(of(options, 'token')).toMatchObject({ value: 'set', source: 'code' });
    expect(of(options, 'shouldRetry')).toMatchObject({ value: 'not set', source: 'default' });
  });
});
