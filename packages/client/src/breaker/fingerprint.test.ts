import { describe, expect, it } from '@jest/globals';
import { someCall } from '../../test-fixtures/sample.ts';
import { fingerprint } from './poison-requests.ts';

describe('fingerprint', () => {
  const of = (overrides: Parameters<typeof someCall>[0]) => fingerprint(someCall(overrides));
  const long = `/api/things?ids=${'7,'.repeat(5_000)}`;

  it('is the same for the same request, whatever its headers and deadline', () => {
    expect(of({ headers: { traceparent: '00-1' }, deadlineMs: 1 })).toBe(of({ headers: { traceparent: '00-2' } }));
    expect(of({ path: long })).toBe(of({ path: long }));
    expect(of({ body: Buffer.from('{}') })).toBe(of({ body: new Uint8Array([0x7b, 0x7d]) }));
  });

  it.each([
    ['method', { label: 'PUT /api/things/{id}' }],
    ['path', { path: '/api/things/8' }],
    ['query', { path: '/api/things/7?full' }],
    ['a body', { body: '{}' }],
    ['a long path', { path: long }],
  ])('differs by %s', (_, overrides) => {
    expect(of(overrides)).not.toBe(of({}));
  });

  it('differs by the end of a long path, and by how a body begins and how long it is', () => {
    expect(of({ path: `${long}8` })).not.toBe(of({ path: `${long}9` }));
    expect(of({ body: 'a' })).not.toBe(of({ body: 'b' }));
    expect(of({ body: 'a'.repeat(10_000) })).not.toBe(of({ body: 'a'.repeat(10_001) }));
  });

  it('is short, whatever the request', () => {
    expect(of({ path: long, body: 'a'.repeat(1_000_000) }).length).toBeLessThan(400);
  });
});
