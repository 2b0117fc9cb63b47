import { describe, expect, it } from '@jest/globals';
import { defineContract, get, openapi } from '@parley/contract';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { visits } from '../../test-fixtures/visits.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { createApp } from '../app.ts';

describe.each(protocols)('openapi-document over $protocol', ({ request }) => {
  it('is the contract’s, with the version of the API', async () => {
    const { body } = await request(visitsApp({}, { version: '2.3.4' }).app)
      .get('/openapi.json')
      .expect(200);
    expect(body).toEqual(JSON.parse(JSON.stringify(openapi(visits, '2.3.4'))));
    expect(body.info).toEqual({ title: 'visits', version: '2.3.4' });
  });

  it('gives way to an operation of the contract', async () => {
    const contract = defineContract('own', {
      document: get('/openapi.json', { summary: 'Own', output: z.object({ own: z.boolean() }) }),
    });
    const app = createApp(contract, { document: async () => ({ own: true }) }, { logger: capturedLog().logger });
    await request(app).get('/openapi.json').expect(200, { own: true });
  });
});
