import { describe, expect, it } from '@jest/globals';
import { Reply } from './reply.ts';

const origin = { operation: 'GET /api/things/{id}', endpoint: 'http://a', attempts: 2 };
const problem = { type: 'urn:parley:problem:rate_limited', title: 'Too many', status: 429, detail: 'wait' };
const json = { 'content-type': 'application/problem+json; charset=utf-8' };

describe('Reply', () => {
  it.each([200, 204, 302, 399])('has no error at status %d', (status) => {
    expect(new Reply(status, json, JSON.stringify(problem), origin).error).toBeUndefined();
  });

  it('tells the code and text of a problem, and where it came from', () => {
    const { error } = new Reply(429, { ...json, 'retry-after': '3' }, JSON.stringify(problem), origin);
    expect(error).toMatchObject({ code: 'rate_limited', status: 429, detail: 'wait', retryAfterMs: 3_000, ...origin });
  });

  it('reads a problem in bytes, and a content type in capitals', () => {
    const bytes = Buffer.from(JSON.stringify(problem));
    expect(new Reply(429, json, bytes, origin).error?.detail).toBe('wait');
    expect(new Reply(429, { 'content-type': 'Application/Problem+JSON' }, bytes, origin).error?.detail).toBe('wait');
  });

  it('reads the problem once', () => {
    const reply = new Reply(429, json, JSON.stringify(problem), origin);
    expect(reply.error).toBe(reply.error);
  });

  it.each([
    ['half a problem', json, '{"type": "urn:parley:pro'],
    ['nothing', json, ''],
    ['null', json, 'null'],
    ['a list', json, '[]'],
    ['a problem without type', json, '{"detail": "x"}'],
    ['some proxy page', { 'content-type': 'text/html' }, '<h1>502 Bad Gateway</h1>'],
    ['JSON that is no problem', { 'content-type': 'application/json' }, JSON.stringify(problem)],
    ['no content type', {}, JSON.stringify(problem)],
  ])('understands %s by its status', (_, headers, body) => {
    const codeOf = (status: number) => new Reply(status, headers, body, origin).error?.code;
    expect([503, 502, 500, 404, 418].map(codeOf)).toEqual([
      'unavailable',
      'unavailable',
      'internal',
      'not_found',
      'rejected',
    ]);
  });
});
