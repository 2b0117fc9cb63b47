import { describe, expect, it } from '@jest/globals';
import { serviceLimits } from './service-limits.ts';

describe('serviceLimits', () => {
  it('has the defaults of a service', () => {
    expect(serviceLimits({})).toEqual({
      port: 3000,
      adminPort: 9000,
      drainDelayMs: 2000,
      drainTimeoutMs: 10_000,
      trustedProxies: [],
      keepAliveTimeoutMs: 65_000,
      maxHeaderBytes: 16_384,
      requestTimeoutMs: 10_000,
      bodyLimitBytes: 131_072,
      requestsInFlight: 200,
    });
  });

  it('reads what the environment says', () => {
    const environment = { PORT: '4000', DRAIN_DELAY_MS: '500', TRUSTED_PROXIES: '10.0.0.0/8,fc00::/7' };
    expect(serviceLimits(environment)).toMatchObject({
      port: 4000,
      drainDelayMs: 500,
      trustedProxies: ['10.0.0.0/8', 'fc00::/7'],
    });
  });

  it('refuses an environment with which the service would not start', () => {
    expect(() => serviceLimits({ PORT: 'many' })).toThrow('PORT must be a whole number');
  });
});
