import { describe, expect, it } from '@jest/globals';
import { type UpstreamOptions, upstreamDefaults, upstreamOptions } from './upstream-options.ts';

describe('upstreamOptions', () => {
  it('gives the defaults without options', () => {
    expect(upstreamOptions()).toEqual(upstreamDefaults);
    expect(upstreamOptions({})).toEqual(upstreamDefaults);
  });

  it('has defaults that fit together when all are set', () => {
    expect(upstreamOptions({ ...upstreamDefaults })).toEqual(upstreamDefaults);
  });

  it('treats undefined as unset', () => {
    const given = { maxAttempts: undefined } as unknown as Partial<UpstreamOptions>;
    expect(upstreamOptions(given).maxAttempts).toBe(upstreamDefaults.maxAttempts);
  });

  const bounds: [keyof UpstreamOptions, number, number][] = [
    ['callTimeoutMs', 1, 3_600_000],
    ['attemptTimeoutMs', 1, 3_600_000],
    ['maxAttempts', 1, 10],
    ['backoffBaseMs', 0, 60_000],
    ['backoffMaxMs', 0, 600_000],
    ['retryBudgetRatio', 0, 1],
    ['retryBudgetPerSecond', 0, 10_000],
    ['hedgeRatio', 0, 0.5],
    ['maxQueue', 0, 100_000],
    ['circuitWindowMs', 1_000, 600_000],
    ['circuitMinCalls', 1, 1_000_000],
    ['circuitFailureRatio', 0.01, 0.99],
    ['circuitConsecutiveFailures', 1, 1_000_000],
    ['circuitSlowRatio', 0.01, 0.99],
    ['circuitOpenMs', 1, 600_000],
    ['circuitMaxOpenMs', 1, 600_000],
    ['circuitProbes', 1, 1_000],
    ['maxEjectedRatio', 0, 1],
    ['slowStartMs', 0, 3_600_000],
    ['probeIntervalMs', 10, 600_000],
    ['connectTimeoutMs', 1, 60_000],
    ['maxConnections', 1, 10_000],
    ['minConnections', 0, 10_000],
    ['idleConnectionMs', 1, 600_000],
    ['maxConnectionAgeMs', 10, 86_400_000],
    ['maxReplyBytes', 1, 2 ** 31],
    ['firstItemTimeoutMs', 1, 3_600_000],
    ['idleTimeoutMs', 1, 3_600_000],
    ['maxItemBytes', 1, 2 ** 31],
    ['dnsRefreshMs', 100, 3_600_000],
  ];
  // What else must be said so that only the bound itself is at stake.
  const widest = {
    callTimeoutMs: 3_600_000,
    attemptTimeoutMs: 1,
    backoffBaseMs: 0,
    backoffMaxMs: 600_000,
    circuitOpenMs: 1,
    circuitMaxOpenMs: 600_000,
    maxConnections: 10_000,
    minConnections: 0,
  };

  it.each(bounds)('takes %s from %d to %d, and nothing beyond', (name, min, max) => {
    for (const value of [min, max]) expect(upstreamOptions({ ...widest, [name]: value })[name]).toBe(value);
    for (const value of [min - 0.01, max + 1, Number.NaN, Number.POSITIVE_INFINITY, '5', null]) {
      const refuse = () => upstreamOptions({ ...widest, [name]: value } as Partial<UpstreamOptions>);
      expect(refuse).toThrow(
        new RegExp(
          `^${name} must be a (whole )?number from ${min} to ${max}, not ${typeof value === 'string' ? JSON.stringify(value) : value}$`,
        ),
      );
    }
  });

  it('knows bounds for every number', () => {
    const numbers = Object.entries(upstreamDefaults).filter(([, value]) => typeof value === 'number');
    const infinite = ['circuitSlowCallMs', 'compressRequestsAboveBytes', 'subsetSize'];
    const names = [...bounds.map(([name]) => name), ...infinite];
    expect(numbers.map(([name]) => name).sort()).toEqual(names.sort());
  });

  it('takes compressRequestsAboveBytes from 0 to Infinity, which is never', () => {
    for (const bytes of [0, 1_024, Number.POSITIVE_INFINITY]) {
      expect(upstreamOptions({ compressRequestsAboveBytes: bytes }).compressRequestsAboveBytes).toBe(bytes);
    }
    expect(() => upstreamOptions({ compressRequestsAboveBytes: -1 })).toThrow(/must be a number from 0 to Infinity/);
  });

  it('takes circuitSlowCallMs from 1 to Infinity, which is never', () => {
    expect(upstreamOptions({ circuitSlowCallMs: 250 }).circuitSlowCallMs).toBe(250);
    expect(() => upstreamOptions({ circuitSlowCallMs: 0 })).toThrow(/must be a number from 1 to Infinity/);
  });

  it('takes subsetSize from 2 to Infinity, which is all', () => {
    for (const size of [2, 50, Number.POSITIVE_INFINITY]) {
      expect(upstreamOptions({ subsetSize: size }).subsetSize).toBe(size);
    }
    for (const size of [1, 2.5, Number.NaN]) {
      expect(() => upstreamOptions({ subsetSize: size })).toThrow(
        `subsetSize must be a whole number from 2 to Infinity, not ${size}`,
      );
    }
  });

  it.each([
    [{ zone: '' }, 'zone must be the name of a zone, not ""'],
    [{ zone: 3 }, 'zone must be the name of a zone, not 3'],
    [{ callTimeoutMs: '1000' }, 'callTimeoutMs must be a number from 1 to 3600000, not "1000"'],
    [{ maxAttempts: '3' }, 'maxAttempts must be a whole number from 1 to 10, not "3"'],
    [{ clientId: '' }, 'clientId must be a text that no other process has, not ""'],
    [{ probePath: 'healthz' }, 'probePath must be a path like /healthz, not "healthz"'],
    [{ probePath: '/a b' }, 'probePath must be a path like /healthz, not "/a b"'],
  ])('refuses %j', (given, message) => {
    expect(() => upstreamOptions(given as Partial<UpstreamOptions>)).toThrow(new TypeError(message));
  });

  it.each(['acceptCompressed', 'singleFlight'] as const)('takes %s as true or false', (name) => {
    expect(upstreamOptions({ [name]: true })[name]).toBe(true);
    const refuse = () => upstreamOptions({ [name]: 'gzip' } as unknown as Partial<UpstreamOptions>);
    expect(refuse).toThrow(`${name} must be true or false, not "gzip"`);
  });

  it('takes concurrencyLimit as a whole number, Infinity, connections or adaptive', () => {
    for (const concurrencyLimit of [1, 100_000, Number.POSITIVE_INFINITY, 'connections', 'adaptive'] as const) {
      expect(upstreamOptions({ concurrencyLimit }).concurrencyLimit).toBe(concurrencyLimit);
    }
    for (const wrong of [0, 2.5, 100_001, Number.NaN, '20', null]) {
      const refuse = () => upstreamOptions({ concurrencyLimit: wrong } as unknown as Partial<UpstreamOptions>);
      expect(refuse).toThrow(
        `concurrencyLimit must be a whole number from 1 to 100000, Infinity, 'connections' or 'adaptive', not ${wrong}`,
      );
    }
  });

  it.each([
    'maxAttempts',
    'maxQueue',
    'circuitMinCalls',
    'circuitConsecutiveFailures',
    'circuitProbes',
    'maxConnections',
    'minConnections',
    'maxReplyBytes',
    'maxItemBytes',
  ])('takes %s in whole numbers', (name) => {
    expect(() => upstreamOptions({ [name]: 2.5 })).toThrow(/must be a whole number/);
  });

  it('suggests the option that an unknown one is near to', () => {
    expect(() => upstreamOptions({ maxAttempt: 1 } as object)).toThrow(
      'unknown option maxAttempt (did you mean maxAttempts?): expected one of callTimeoutMs',
    );
  });

  it.each(['retries', 'toString', '__proto__x'])('refuses the unknown option %s', (name) => {
    expect(() => upstreamOptions({ [name]: 1 })).toThrow(
      new RegExp(`^unknown option ${name}: expected one of callTimeoutMs, .*random$`),
    );
  });

  it('names both options that contradict each other', () => {
    expect(() => upstreamOptions({ callTimeoutMs: 500, attemptTimeoutMs: 800 })).toThrow(
      'attemptTimeoutMs (800) must not be above callTimeoutMs (500)',
    );
    expect(() => upstreamOptions({ circuitOpenMs: 700, circuitMaxOpenMs: 70 })).toThrow(
      'circuitOpenMs (700) must not be above circuitMaxOpenMs (70)',
    );
    expect(() => upstreamOptions({ backoffBaseMs: 700, backoffMaxMs: 70 })).toThrow(
      'backoffBaseMs (700) must not be above backoffMaxMs (70)',
    );
  });

  it('keeps no more connections warm than there may be', () => {
    expect(() => upstreamOptions({ maxConnections: 2, minConnections: 3 })).toThrow(
      'minConnections (3) must not be above maxConnections (2)',
    );
  });

  it('knows the versions of HTTP', () => {
    for (const http of ['auto', '1.1', '2'] as const) expect(upstreamOptions({ http }).http).toBe(http);
    expect(() => upstreamOptions({ http: 2 } as never)).toThrow("http must be 'auto', '1.1' or '2', not 2");
  });

  it('shortens attempts with a call that is made shorter', () => {
    expect(upstreamOptions({ callTimeoutMs: 500 }).attemptTimeoutMs).toBe(500);
  });
});
