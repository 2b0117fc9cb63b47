import { describe, expect, it } from '@jest/globals';
import { CallError, Story } from '@parley/contract';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { loggedError } from './logged-error.ts';

describe('loggedError', () => {
  it('keeps what finds the fault, down to the causes', () => {
    const cause = Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' });
    expect(loggedError(new TypeError('broken', { cause }))).toEqual({
      name: 'TypeError',
      message: 'broken',
      stack: expect.stringContaining('logged-error.test'),
      cause: { name: 'Error', message: 'connect failed', code: 'ECONNREFUSED', stack: expect.any(String) },
    });
  });

  it('gives a line of the log the class of the error as its type, whatever logger it is', () => {
    class ShopError extends Error {}
    const { logger, lines } = capturedLog();
    const thrown = [
      new ShopError('no', { cause: new TypeError('why') }),
      new CallError('internal', 'no'),
      new RangeError(),
      7,
    ];
    for (const one of thrown) logger.error({ err: loggedError(one) }, 'failed');
    const types = lines.map((line) => (line as { err: { type?: string } }).err.type);
    expect(types).toEqual(['ShopError', 'CallError', 'RangeError', undefined]);
    expect(JSON.stringify(lines)).not.toContain('"Object"');
  });

  it('leaves an error’s own members out, since they may hold a request', () => {
    const error = Object.assign(new Error('axios'), { config: { headers: { authorization: 's3cret' } } });
    expect(JSON.stringify(loggedError(error))).not.toContain('s3cret');
  });

  it('leaves data and cause of a CallError out', () => {
    const error = new CallError('internal', 'no', { data: 's3cret', cause: new Error('s3cret') });
    const logged = loggedError(error);
    expect(logged).toMatchObject({ code: 'internal', stack: expect.any(String) });
    expect(JSON.stringify(logged)).not.toContain('s3cret');
  });

  it('tells what happened to a call that this service made, a line each', () => {
    const events = [{ kind: 'gave_up', atMs: 7, obstacle: 'unsafe' }] as const;
    const story = new Story('POST /api/visits', 0, () => events);
    expect(loggedError(new CallError('unavailable', 'no', { story }))).toMatchObject({
      story: ['POST /api/visits', '     7.0 ms  gave up    the operation may not be sent twice'],
    });
    expect(loggedError(new CallError('unavailable', 'no'))).not.toHaveProperty('story');
  });

  it('bounds every text, and keeps the frames of a stack', () => {
    const huge = 'x'.repeat(9_000_000);
    const cause = Object.assign(new Error(huge), { name: huge, code: huge });
    for (const error of [new Error(huge, { cause }), new CallError('internal', huge, { operation: 'GET /x', cause })]) {
      const logged = loggedError(error);
      expect(JSON.stringify(logged).length).toBeLessThan(25_000);
      expect(logged.message).toContain('…');
      expect(logged.stack).toContain('logged-error.test');
    }
  });

  it('ends at an error that is its own cause', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(JSON.stringify(loggedError(error))).toContain('loop');
  });

  it.each([['text'], [null], [undefined], [{ password: 's3cret' }]])('says what kind of thing %j is', (thrown) => {
    const { message } = loggedError(thrown);
    expect(message).toMatch(/^thrown thing is no Error but/);
    expect(message).not.toContain('s3cret');
  });
});
