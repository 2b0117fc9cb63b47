import { describe, expect, it, jest } from '@jest/globals';
import { capturedLog } from '../testing/captured-log.ts';
import { openMetricsPush } from './open-metrics-push.ts';
import { openTracing } from './open-tracing.ts';
import type { TelemetryPackage } from './telemetry-package.ts';

const none: TelemetryPackage = { startTracing: async () => undefined, startMetricsPush: async () => undefined };

const service = () => {
  const { logger, lines } = capturedLog('shop', 'info');
  return { name: 'shop', version: '1.2.3', logger, lines };
};

describe('tracing', () => {
  it('is started with the name and version of the service', async () => {
    const tracing = { listener: {}, close: async () => {} };
    const startTracing = jest.fn<TelemetryPackage['startTracing']>().mockResolvedValue(tracing);
    const { lines, ...shop } = service();
    expect(await openTracing(shop, async () => ({ ...none, startTracing }))).toBe(tracing);
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

describe('metrics', () => {
  it('are pushed with the name and version of the service', async () => {
    const push = { close: async () => {} };
    const startMetricsPush = jest.fn<TelemetryPackage['startMetricsPush']>().mockResolvedValue(push);
    const { lines, ...shop } = service();
    const read = () => [];
    expect(await openMetricsPush(shop, read, async () => ({ ...none, startMetricsPush }))).toBe(push);
    expect(startMetricsPush.mock.calls.flat()[0]).toMatchObject({ serviceName: 'shop', serviceVersion: '1.2.3', read });
    expect(lines).toEqual([]);
  });

  it('without the package are not pushed, and the log says what to install', async () => {
    const { lines, ...shop } = service();
    const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    expect(
      await openMetricsPush(
        shop,
        () => [],
        () => Promise.reject(missing),
      ),
    ).toBeUndefined();
    expect(lines).toMatchObject([{ level: 'warn', msg: expect.stringContaining('so no metrics are exported') }]);
  });
});
