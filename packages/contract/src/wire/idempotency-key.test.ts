import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { idempotencyKeyHeader, idempotencyKeyOf } from './idempotency-key.ts';

describe('idempotencyKeyOf', () => {
  it('reads a string of RFC 8941, and plain text', () => {
    const id = '8e03978e-40d5-43e6-bc93-6894a57f9324';
    expect(idempotencyKeyOf(`"${id}"`)).toBe(id);
    expect(idempotencyKeyOf(id)).toBe(id);
    expect(idempotencyKeyOf('"a \\"b\\" \\\\ c, d; e"')).toBe('a "b" \\ c, d; e');
    expect(idempotencyKeyOf(undefined)).toBeUndefined();
  });

  it('reads back every key that idempotencyKeyHeader writes', () => {
    const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((n) => String.fromCharCode(n)) });
    fc.assert(
      fc.property(printable, (key) => {
        fc.pre(key.length > 0 && key.length <= 255);
        expect(idempotencyKeyOf(idempotencyKeyHeader(key))).toBe(key);
      }),
    );
  });

  it.each([
    '""',
    '"a',
    'a"',
    '"a\\b"',
    '"a", "b"',
    'a, b',
    'a b',
    '"a";x=1',
    'clé',
    '"clé"',
    '\t',
    'a'.repeat(256),
    `"${'a'.repeat(256)}"`,
  ])('refuses %j', (header) => {
    const refused = {
      code: 'invalid_input',
      detail: 'Idempotency-Key is not valid',
      issues: [{ path: 'Idempotency-Key' }],
    };
    expect(() => idempotencyKeyOf(header)).toThrow(
      expect.objectContaining({ ...refused, issues: [expect.objectContaining({ path: 'Idempotency-Key' })] }),
    );
  });

  it('takes up to 255 characters', () => {
    expect(idempotencyKeyOf('a'.repeat(255))).toHaveLength(255);
  });
});

describe('idempotencyKeyHeader', () => {
  it('makes a new key each time, in quotes', () => {
    const keys = [idempotencyKeyHeader(), idempotencyKeyHeader()];
    expect(keys[0]).toMatch(/^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/);
    expect(keys[1]).not.toBe(keys[0]);
  });

  it.each([
    ['order-7', '"order-7"'],
    ['a "b" \\c', '"a \\"b\\" \\\\c"'],
  ])('writes %s as %s, RFC 8941 §4.1.6', (key, header) => {
    expect(idempotencyKeyHeader(key)).toBe(header);
  });

  it.each(['', 'é', 'a\nb', 'x'.repeat(256)])('refuses %j', (key) => {
    expect(() => idempotencyKeyHeader(key)).toThrow('idempotencyKey must be 1 to 255 characters of printable ASCII');
  });
});
