import { describe, expect, it } from '@jest/globals';
import { defineContract, get } from '@parley/contract';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { createApp } from '../app.ts';

const names = defineContract('names', {
  find: get('/name', {
    summary: 's',
    output: z.object({ name: z.string(), nick: z.string() }),
    responseHeaders: { name: 'X-Name' },
  }),
});

describe.each(protocols)('a reply over $protocol', ({ request }) => {
  it('has headers in Latin-1, whatever its body is in', async () => {
    const { logger } = capturedLog();
    const app = createApp(names, { find: async () => ({ name: '´é', nick: 'é' }) }, { logger });
    const { headers, body } = await request(app).get('/name').expect(200);
    expect([headers['x-name'], body.nick]).toEqual(['´é', 'é']);
  });
});
