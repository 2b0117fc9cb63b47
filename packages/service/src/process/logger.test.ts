import { describe, expect, it } from '@jest/globals';
import { capturedLog } from '../../test-fixtures/captured-log.ts';

describe('logger', () => {
  it('writes level by name, ISO time and the service', () => {
    const { logger, lines } = capturedLog();
    logger.warn('hello');
    expect(lines).toEqual([
      { level: 'warn', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.+Z$/), service: 'fixture', msg: 'hello' },
    ]);
  });

  it('writes nothing below its level', () => {
    const { logger, lines } = capturedLog('warn');
    logger.info('quiet');
    expect(lines).toEqual([]);
  });

  it.each([
    'authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'x-api-key',
    'idempotency-key',
    'password',
    'token',
  ])('blanks %s wherever headers are logged', (name) => {
    const { logger, text } = capturedLog();
    logger.info({ [name]: 's3cret', headers: { [name]: 's3cret' }, req: { headers: { [name]: 's3cret' } } });
    expect(text()).toContain('[Redacted]');
    expect(text()).not.toContain('s3cret');
  });
});
