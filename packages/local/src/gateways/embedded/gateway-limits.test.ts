import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseLimits } from './gateway-limits.ts';

describe('parseLimits', () => {
  it('reads the limits of the project', () => {
    const texts = ['nginx.conf', 'limits.conf'].map((name) =>
      readFileSync(new URL(`../../../../../nginx/${name}`, import.meta.url), 'utf8'),
    );
    expect(parseLimits(texts.join('\n'))).toEqual({
      headerTimeoutMs: 10_000,
      stallTimeoutMs: 10_000,
      keepAliveTimeoutMs: 65_000,
      bodyLimitBytes: 1024 * 1024,
      headerLimitBytes: 15 * 1024,
      connections: 8192,
    });
  });

  it('understands all units', () => {
    const text = 'client_header_timeout 500ms; send_timeout 2m; keepalive_timeout 1h; client_max_body_size 12;';
    expect(parseLimits(text)).toMatchObject({
      headerTimeoutMs: 500,
      stallTimeoutMs: 120_000,
      keepAliveTimeoutMs: 3_600_000,
      bodyLimitBytes: 12,
    });
  });

  it('takes a duration of several units, and says what it cannot read', () => {
    expect(parseLimits('keepalive_timeout 1m30s;').keepAliveTimeoutMs).toBe(90_000);
    expect(() => parseLimits('send_timeout soon;')).toThrow(
      'expected a duration such as 10s after send_timeout in nginx/, got "soon"',
    );
    expect(() => parseLimits('client_max_body_size 1mb;')).toThrow(
      'expected a size such as 1m after client_max_body_size in nginx/, got "1mb"',
    );
  });

  it('has the defaults of nginx where nothing is set', () => {
    expect(parseLimits('')).toEqual({
      headerTimeoutMs: 60_000,
      stallTimeoutMs: 60_000,
      keepAliveTimeoutMs: 75_000,
      bodyLimitBytes: 1024 * 1024,
      headerLimitBytes: 33 * 1024,
      connections: 512,
    });
  });
});
