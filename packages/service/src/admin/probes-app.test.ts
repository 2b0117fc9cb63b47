import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { createProbesApp } from './probes-app.ts';

function probesApp(isReady: boolean) {
  const { logger, lines } = capturedLog();
  return { app: createProbesApp({ isReady: () => isReady, logger }), lines };
}

describe('probes app', () => {
  it.each([true, false])('is alive, ready or not (%s)', async (isReady) => {
    const reply = await request(probesApp(isReady).app).get('/livez').expect(200, { status: 'alive' });
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  it('is ready while it may get traffic', async () => {
    await request(probesApp(true).app).get('/readyz').expect(200, { status: 'ready' });
  });

  it('answers 503 with a problem once it may not, and logs nothing', async () => {
    const { app, lines } = probesApp(false);
    const reply = await request(app)
      .get('/readyz')
      .expect(503)
      .expect('content-type', /^application\/problem\+json/);
    expect(reply.body.type).toBe('urn:parley:problem:unavailable');
    expect(lines).toEqual([]);
  });

  it('answers other paths with a problem', async () => {
    const reply = await request(probesApp(true).app).get('/else').expect(404);
    expect(reply.body.type).toBe('urn:parley:problem:not_found');
    await request(probesApp(true).app).post('/livez').expect(405).expect('allow', 'GET, HEAD, OPTIONS');
  });
});
