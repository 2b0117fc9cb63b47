import { describe, expect, it } from '@jest/globals';
import { idempotencyKeyHeader } from './idempotency-key.ts';

describe('idempotencyKeyHeader', () => {
  it('makes a new key each time, in quotes', () => {
    const keys = [idempotencyKeyHeader(), idempotencyKeyHeader()];
    expect(keys[0]).toMatch(/^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/);
    expect(keys[1]).not.toBe(keys[0]);
  });

  it.each([
    ['order-7', '"order-7"'],
    ['a "b" \\c', '"a \\"b\\" \\\\c"'],
  ])('says %s as %s, RFC 8941 §4.1.6', (key, header) => {
    expect(idempotencyKeyHeader(key)).toBe(header);
  });

  it.each(['', 'é', 'a\nb', 'x'.repeat(256)])('refuses %j', (key) => {
    expect(() => idempotencyKeyHeader(key)).toThrow('idempotencyKey must be 1 to 255 characters of printable ASCII');
  });
});
