import { describe, expect, it } from '@jest/globals';
import { parseProblems } from './problems.ts';

const problems = parseProblems(`
map $status $problem_code { default rejected; 404 not_found; 503 upstream_unavailable; }
map $status $problem_title { default "Request rejected"; 404 "Not found"; }
map $problem_cause $problem_detail { default "No"; no_route "No service answers"; }
map $service $problem_upstream { "" ""; default ',"upstream":"$service"'; }
map $status $problem { default '{"type":"urn:parley:problem:$problem_code","title":"$problem_title","status":$status,"detail":"$problem_detail","cause":"$problem_cause"$problem_upstream,"requestId":"$accepted_request_id","traceId":"$accepted_trace_id"}'; }
map $status $retry_after { default ""; 503 1; }
map $status $allowed_methods { default ""; 405 "GET, POST"; }
`);

const ids = { requestId: 'abc', traceId: 'def' };

describe('parseProblems', () => {
  it('fills in what nginx would', () => {
    const { body, headers } = problems({ status: 404, cause: 'no_route', ...ids });
    expect(JSON.parse(body)).toEqual({
      type: 'urn:parley:problem:not_found',
      title: 'Not found',
      status: 404,
      detail: 'No service answers',
      cause: 'no_route',
      requestId: 'abc',
      traceId: 'def',
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
    const { body } = problems({ status: 400, cause: 'malformed_request', ...ids });
    expect(JSON.parse(body)).toMatchObject({ title: 'Request rejected', status: 400, detail: 'No' });
  });

  it('says what a method may be', () => {
    expect(problems({ status: 405, cause: 'method_refused', ...ids }).headers.Allow).toBe('GET, POST');
  });

  it('says when to come back', () => {
    const { headers } = problems({ status: 503, cause: 'connect_refused', upstream: 'hello', ...ids });
    expect(headers['Retry-After']).toBe('1');
  });

  it('names the upstream that was asked', () => {
    const { body } = problems({ status: 503, cause: 'connect_refused', upstream: 'hello', ...ids });
    expect(JSON.parse(body)).toMatchObject({ cause: 'connect_refused', upstream: 'hello' });
  });
});
