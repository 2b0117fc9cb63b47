import { describe, expect, it } from '@jest/globals';
import { securityHeaderFields } from '@parley/contract';
import { protocols } from '../../test-fixtures/protocols.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';

describe.each(protocols)('security-headers over $protocol', ({ request }) => {
  it.each([
    ['/api/visits', 200],
    ['/nowhere', 404],
    ['/api/visits?limit=x', 400],
  ])('are on %s, which answers %d', async (path, status) => {
    const { headers } = await request(visitsApp().app).get(path).expect(status);
    // Raw problems and gateways send these; helmet's are to be the same.
    const shared = Object.entries(securityHeaderFields).map(([name, value]) => [name.toLowerCase(), value]);
    expect(headers).toMatchObject(Object.fromEntries(shared));
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });

  it.each([
    'strict-transport-security',
    'cross-origin-resource-policy',
    'cross-origin-opener-policy',
    'cross-origin-embedder-policy',
    'origin-agent-cluster',
    'x-dns-prefetch-control',
    'x-download-options',
    'x-frame-options',
    'x-permitted-cross-domain-policies',
    'x-xss-protection',
    'x-powered-by',
  ])('leave %s out', async (name) => {
    const { headers } = await request(visitsApp().app).get('/api/visits').expect(200);
    expect(headers).not.toHaveProperty(name);
  });
});
