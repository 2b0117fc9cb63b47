import { afterEach, describe, expect, it, jest } from '@jest/globals';
import supertest from 'supertest';
import { ca, certificate } from '../../test-fixtures/certificates.ts';
import { visits, visitsHandlers } from '../../test-fixtures/visits.ts';
import { type StartedService, startService } from './started-service.ts';

const open: StartedService[] = [];
// Not `await using`, which Node 22 does not know.
const started = async (...args: Parameters<typeof startService<typeof visits>>) => {
  const service = await startService(...args);
  open.push(service);
  return service;
};
afterEach(async () => {
  jest.restoreAllMocks();
  for (const service of open.splice(0)) await service.stop();
});

describe('startService', () => {
  it('serves callers and operators on free ports of loopback', async () => {
    const one = await started(visits, visitsHandlers());
    const other = await started(visits, visitsHandlers());
    expect(new Set([one.url, one.adminUrl, other.url, other.adminUrl]).size).toBe(4);
    expect(one.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await supertest(one.url).get('/api/visits/latest').expect(200, { id: 'last' });
    await supertest(other.adminUrl).get('/readyz').expect(200);
  });

  it('prints nothing, and shows what it has logged', async () => {
    const print = jest.spyOn(process.stdout, 'write');
    const getVisit = () => Promise.reject(new Error('bug'));
    const service = await started(visits, visitsHandlers({ getVisit }));
    await supertest(service.url).get('/api/visits/7').expect(500);
    expect(print).not.toHaveBeenCalled();
    expect(service.logs).toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'request failed', service: 'visits' }),
    );
  });

  it('logs from the level up that is asked for', async () => {
    const service = await started(visits, visitsHandlers(), { settings: { logLevel: 'error' } });
    await supertest(service.url).get('/api/visits/latest').expect(200);
    expect(service.logs).toEqual([]);
  });

  it('handles no signals and reads no environment', async () => {
    const before = ['SIGTERM', 'SIGINT'].map((signal) => process.listenerCount(signal));
    process.env.PORT = 'wrong';
    try {
      const service = await started(visits, visitsHandlers());
      expect(['SIGTERM', 'SIGINT'].map((signal) => process.listenerCount(signal))).toEqual(before);
      await supertest(service.url).get('/api/visits/latest').expect(200);
    } finally {
      delete process.env.PORT;
    }
  });

  it('is gone after stop(), with what it was given to close', async () => {
    const close = jest.fn(() => {});
    const service = await startService(visits, visitsHandlers(), { closeables: [{ close }] });
    await Promise.all([service.stop(), service.stop()]);
    await service[Symbol.asyncDispose]();
    expect(close).toHaveBeenCalledTimes(1);
    await expect(fetch(`${service.url}/api/visits/latest`)).rejects.toThrow();
    await expect(fetch(`${service.adminUrl}/livez`)).rejects.toThrow();
    expect(service.logs.at(-1)).toMatchObject({ msg: 'stopped' });
  });

  it('speaks TLS where it is asked to', async () => {
    const service = await started(visits, visitsHandlers(), { tls: await certificate() });
    expect(service.url).toMatch(/^https:/);
    await supertest(service.url).get('/api/visits/latest').ca(ca).expect(200);
  });
});
