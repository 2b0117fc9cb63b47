import { describe, expect, it } from '@jest/globals';
import { parseProblems } from './problems.ts';

const problems = parseProblems(`
map $status $problem_code { default rejected; 404 not_found; 503 upstream_unavailable; }
map $status $problem_title { default "Request rejected"; 404 "Not found"; }
map $status $problem { default '{"type":"urn:parley:problem:$problem_code","title":"$problem_title","status":$status,"requestId":"$accepted_request_id"}'; }
map $status $retry_after { default ""; 503 1; }
map $status $allowed_methods { default ""; 405 "GET, POST"; }
`);

describe('parseProblems', () => {
  it('fills in what nginx would', () => {
    const { body, headers } = problems(404, 'abc');
    expect(JSON.parse(body)).toEqual({
      type: 'urn:parley:problem:not_found',
      title: 'Not found',
      status: 404,
      requestId: 'abc',
    });
    expect(headers).toEqual({
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Request-Id': 'abc',
      'Content-Security-Policy': "default-src 'none';frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
  });

  it('falls back to the default of each map', () => {
    expect(JSON.parse(problems(400, 'abc').body)).toMatchObject({ title: 'Request rejected', status: 400 });
  });

  it('says what a method may be', () => {
    expect(problems(405, 'abc').headers.Allow).toBe('GET, POST');
  });

  it('says when to come back', () => {
    expect(problems(503, 'abc').headers['Retry-After']).toBe('1');
  });
});
