import { describe, expect, it, jest } from '@jest/globals';
import { capturedLog } from '../testing/captured-log.ts';
import { openTracing, type TelemetryPackage } from './open-tracing.ts';

const service = () => {
  const { logger, lines } = capturedLog('shop', 'info');
  return { name: 'shop', version: '1.2.3', logger, lines };
};

describe('tracing', () => {
  it('is started with the name and version of the service', async () => {
    const tracing = { listener: {}, close: async () => {} };
    const startTracing = jest.fn<TelemetryPackage['startTracing']>().mockResolvedValue(tracing);
    const { lines, ...shop } = service();
    expect(await openTracing(shop, async () => ({ startTracing }))).toBe(tracing);
    const options = startTracing.mock.calls.flat()[0];
    expect(options).toMatchObject({ serviceName: 'shop', serviceVersion: '1.2.3' });
    options?.warn('a collector is down');
    expect(lines).toMatchObject([{ level: 'warn', msg: 'a collector is down' }]);
  });

  it('without its package is off, and the log says what to install', async () => {
    const { lines, ...shop } = service();
    const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    expect(await openTracing(shop, () => Promise.reject(missing))).toBeUndefined();
    expect(lines).toMatchObject([
      { level: 'warn', msg: expect.stringContaining('npm install @parley/telemetry') as unknown as string },
    ]);
  });

  it('that cannot start harms no service', async () => {
    const { lines, ...shop } = service();
    expect(await openTracing(shop, () => Promise.reject(new Error('broken')))).toBeUndefined();
    expect(lines).toMatchObject([{ level: 'error', msg: 'cannot export spans', err: { message: 'broken' } }]);
  });
});
