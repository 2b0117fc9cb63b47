import { describe, expect, it } from '@jest/globals';
import { chosenProbe, probeRequest } from './probe-request.ts';

describe('a probe', () => {
  it('is a GET with its query, or a POST with JSON', () => {
    expect(probeRequest('GET /api/hello?name=x')).toEqual({
      method: 'GET',
      path: '/api/hello?name=x',
      body: undefined,
    });
    expect(probeRequest(' POST /api/visits {"name": "probe {n}"} ')).toEqual({
      method: 'POST',
      path: '/api/visits',
      body: '{"name": "probe {n}"}',
    });
    expect(probeRequest('POST /api/visits').body).toBeUndefined();
  });

  it.each(['', 'GET', 'GET api/hello', 'DELETE /api/hello', 'GET /a {"b":1}', 'POST /a {b}'])('is not %p', (text) =>
    expect(() => probeRequest(text)).toThrow("expected 'GET /path' or 'POST /path"),
  );

  const ok = { responses: { 200: { content: { 'application/json': {} } } } };
  const required = { parameters: [{ name: 'q', in: 'query', required: true }] };

  it('is chosen from the operations: a GET that needs nothing and ends', () => {
    const paths = {
      '/items/{id}': { get: ok },
      '/search': { get: { ...ok, ...required } },
      '/mine': { get: { ...ok, security: [{ bearer: [] }] } },
      '/events': { get: { responses: { 200: { content: { 'text/event-stream': {} } } } } },
      '/orders': { post: ok, get: { ...ok, parameters: [{ name: 'limit', in: 'query' }] } },
      '/other': { get: ok },
    };
    expect(chosenProbe({ paths }, new Set())).toEqual({ method: 'GET', path: '/orders', body: undefined });
    expect(chosenProbe({ paths }, new Set(['GET /orders']))).toMatchObject({ path: '/other' });
    expect(chosenProbe({ paths: { '/search': paths['/search'] } }, new Set())).toBeUndefined();
  });
});
