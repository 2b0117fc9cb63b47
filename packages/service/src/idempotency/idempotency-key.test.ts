import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { idempotencyKeyOf } from './idempotency-key.ts';

describe('idempotencyKeyOf', () => {
  it('reads a string of RFC 8941, and plain text', () => {
    const id = '8e03978e-40d5-43e6-bc93-6894a57f9324';
    expect(idempotencyKeyOf(`"${id}"`)).toBe(id);
    expect(idempotencyKeyOf(id)).toBe(id);
    expect(idempotencyKeyOf('"a \\"b\\" \\\\ c, d; e"')).toBe('a "b" \\ c, d; e');
    expect(idempotencyKeyOf(undefined)).toBeUndefined();
  });

  it('reads back every printable text that was quoted', () => {
    const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((n) => String.fromCharCode(n)) });
    fc.assert(
      fc.property(printable, (key) => {
        fc.pre(key.length > 0 && key.length <= 255);
        expect(idempotencyKeyOf(`"${key.replace(/["\\]/g, '\\$&')}"`)).toBe(key);
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
