import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { combined, isWhole, type Part, partOf, strongTagOf, wholeFields } from './parts.ts';

const letters = '0123456789';

function part(start: number, end: number, fields: Record<string, string | undefined> = {}, text = letters): Part {
  const bytes = Buffer.from(text.slice(start, end + 1));
  const range = { start, end, total: text.length };
  return { headers: { etag: '"a"', ...fields }, bytes, range };
}

function received(headers: Record<string, string | undefined>, body: string | Uint8Array = Buffer.from('01234')) {
  const fields = { 'content-range': 'bytes 0-4/10', 'content-length': '5', ...headers };
  return partOf({ status: 206, headers: fields, body });
}

describe('a part that came', () => {
  it('is what its fields say', () => {
    expect(received({})?.range).toEqual({ start: 0, end: 4, total: 10 });
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['without Content-Range', { 'content-range': undefined }],
    ['that is shorter than its Content-Range', { 'content-range': 'bytes 0-5/10' }],
    ['that is longer than its Content-Range', { 'content-range': 'bytes 0-3/10' }],
    ['that goes beyond the end', { 'content-range': 'bytes 6-10/10' }],
    ['of a length that is not known', { 'content-range': 'bytes 0-4/*' }],
    ['without Content-Length, which may have been compressed', { 'content-length': undefined }],
    ['with another Content-Length, as if it had been compressed', { 'content-length': '9' }],
    ['that is encoded', { 'content-encoding': 'gzip' }],
    ['with several parts', { 'content-type': 'Multipart/ByteRanges; boundary=x' }],
  ])('is of no use %s', (_, headers) => {
    expect(received(headers)).toBeUndefined();
  });

  it('is of no use as a text, whose letters it may cut', () => {
    expect(received({}, '01234')).toBeUndefined();
  });
});

describe('two parts', () => {
  it.each<[Part, Part, string]>([
    [part(0, 4), part(5, 9), '0123456789'],
    [part(5, 9), part(0, 4), '0123456789'],
    [part(2, 4), part(3, 6), '23456'],
    [part(2, 8), part(3, 4), '2345678'],
    [part(3, 4), part(2, 8), '2345678'],
    [part(3, 4), part(3, 4), '34'],
  ])('are one, in whatever order they came: %#', (one, other, text) => {
    const both = combined(one, other);
    expect(Buffer.from(both?.bytes ?? []).toString()).toBe(text);
    expect(both?.headers).toMatchObject({ 'content-length': String(text.length) });
  });

  it.each<[string, Part, Part]>([
    ['have a gap between them', part(0, 3), part(5, 9)],
    ['have no tags', part(0, 4, { etag: undefined }), part(5, 9, { etag: undefined })],
    ['have other tags', part(0, 4), part(5, 9, { etag: '"b"' })],
    ['have weak tags', part(0, 4, { etag: 'W/"a"' }), part(5, 9, { etag: 'W/"a"' })],
    ['have tags without quotes', part(0, 4, { etag: 'a' }), part(5, 9, { etag: 'a' })],
    ['are dated alike only', part(0, 4, { etag: undefined, 'last-modified': 'x' }), part(5, 9, { etag: undefined })],
    ['are of another length', part(0, 4), part(5, 9, {}, `${letters}A`)],
    ['differ where they overlap', part(0, 5), part(5, 9, {}, '01234X6789')],
  ])('stay apart where they %s', (_, one, other) => {
    expect(combined(one, other)).toBeUndefined();
    expect(combined(other, one)).toBeUndefined();
  });

  it('have the fields of the later one, and its age', () => {
    const earlier = part(0, 4, { 'x-own': '1', 'x-kept': '1', age: '9', date: 'then' });
    const both = combined(earlier, part(5, 9, { 'x-own': '2', 'content-range': 'bytes 5-9/10' }));
    expect(both?.headers).toMatchObject({ 'x-own': '2', 'x-kept': '1', 'content-range': 'bytes 0-9/10' });
    expect(both?.headers).not.toHaveProperty('age');
  });

  it('have no digest of one of them, but that of the whole', () => {
    const digests = { 'content-digest': 'sha-256=:a:', 'content-md5': 'a', 'repr-digest': 'sha-256=:b:' };
    const both = combined(part(0, 4, digests), part(5, 9, digests)) as Part;
    for (const headers of [both.headers, wholeFields(both)]) {
      expect(headers).toMatchObject({ 'repr-digest': 'sha-256=:b:' });
      expect(headers).not.toHaveProperty(['content-digest']);
      expect(headers).not.toHaveProperty(['content-md5']);
    }
  });

  it('are the bytes of the whole, whatever their places are', () => {
    const place = fc.tuple(fc.nat(9), fc.nat(9)).map(([a, b]) => part(Math.min(a, b), Math.max(a, b)));
    fc.assert(
      fc.property(place, place, (one, other) => {
        const both = combined(one, other);
        if (!both) return;
        const { start, end } = both.range;
        expect(Buffer.from(both.bytes).toString()).toBe(letters.slice(start, end + 1));
        expect(isWhole(both)).toBe(start === 0 && end === 9);
      }),
    );
  });
});

describe('a strong tag', () => {
  it.each(['"a"', '""', '"a,b"'])('is %s', (etag) => {
    expect(strongTagOf({ etag })).toBe(etag);
  });

  it.each(['W/"a"', 'w/"a"', 'a', '"a', '"a", "b"', '"a"\n'])('is not %j', (etag) => {
    expect(strongTagOf({ etag })).toBeUndefined();
  });

  it('is not one of several', () => {
    expect(strongTagOf({ etag: ['"a"', '"a"'] })).toBeUndefined();
  });
});
