import { describe, expect, it, jest } from '@jest/globals';
import { type CallContext, defineContract, get, stream } from '@parley/contract';
import supertest from 'supertest';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { createApp } from '../app.ts';

const item = z.object({ n: z.number() });
const contract = defineContract('shop', {
  look: get('/api/look', { summary: 's', output: item }),
  watch: get('/api/watch', { summary: 's', output: stream(item, { as: 'ndjson' }) }),
});

function appWith(log: (context: CallContext | undefined) => void) {
  const captured = capturedLog();
  const handlers = {
    look: async (_: unknown, context?: CallContext) => {
      log(context);
      return { n: 1 };
    },
    async *watch(_: unknown, context?: CallContext) {
      log(context);
      yield { n: 1 };
    },
  };
  const app = createApp(contract, handlers, { logger: captured.logger });
  return { app, lines: captured.lines, child: jest.spyOn(captured.logger, 'child') };
}

describe('the log of a context', () => {
  it.each(['look', 'watch'])('tells request, trace and operation in %s, and is made once', async (name) => {
    const { app, lines, child } = appWith((context) => {
      context?.log?.info({ book: 'Emma' }, 'looked');
      context?.log?.warn('twice');
    });
    const { headers } = await supertest(app).get(`/api/${name}`).expect(200);
    const requestId = headers['x-request-id'];
    const bound = { requestId, traceId: expect.stringMatching(/^[0-9a-f]{32}$/), operation: `GET /api/${name}` };
    expect(lines[0]).toMatchObject({ ...bound, level: 'info', msg: 'looked', book: 'Emma' });
    expect(lines[1]).toMatchObject({ ...bound, level: 'warn', msg: 'twice' });
    expect(child).toHaveBeenCalledTimes(1);
  });

  it.each(['look', 'watch'])('is not made where %s does not use it', async (name) => {
    const { app, child } = appWith(() => {});
    await supertest(app).get(`/api/${name}`).expect(200);
    expect(child).not.toHaveBeenCalled();
  });
});
