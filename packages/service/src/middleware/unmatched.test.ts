import { describe, expect, it } from '@jest/globals';
import { protocols } from '../../test-fixtures/protocols.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';

const { app } = visitsApp();

describe.each(protocols)('unmatched over $protocol', ({ request }) => {
  it.each(['/', '/api', '/api/visits/', '/API/visits', '/api/visits/1/2', '/openapiXjson'])(
    'answers 404 to %s',
    async (path) => {
      const reply = await request(app)
        .get(path)
        .expect(404)
        .expect('content-type', /^application\/problem\+json/);
      expect(reply.body.type).toBe('urn:parley:problem:not_found');
      expect(reply.headers).not.toHaveProperty('allow');
    },
  );

  it.each([
    ['/api/visits', 'GET, POST, HEAD, OPTIONS'],
    ['/api/visits/1', 'GET, DELETE, HEAD, OPTIONS'],
    ['/openapi.json', 'GET, HEAD, OPTIONS'],
  ])('answers 405 with the methods that %s takes', async (path, allow) => {
    const reply = await request(app).patch(path).expect(405).expect('allow', allow);
    expect(reply.body.type).toBe('urn:parley:problem:method_not_allowed');
  });

  it('counts every template that a path fits', async () => {
    await request(app).put('/api/visits/latest').expect(405).expect('allow', 'GET, DELETE, HEAD, OPTIONS');
  });

  it('answers OPTIONS with 204 and the methods, without a body', async () => {
    const reply = await request(app).options('/api/visits').expect(204).expect('allow', 'GET, POST, HEAD, OPTIONS');
    expect(reply.text).toBe('');
    await request(app).options('/nowhere').expect(404);
  });

  it('answers HEAD as GET, without a body', async () => {
    const reply = await request(app).head('/api/visits').expect(200);
    expect(reply.text).toBeUndefined();
    await request(app).head('/nowhere').expect(404);
  });
});
