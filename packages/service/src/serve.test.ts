import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import request from 'supertest';
import { capturedLog } from '../test-fixtures/captured-log.ts';
import { certificateFiles } from '../test-fixtures/certificate-files.ts';
import { ca, certificate } from '../test-fixtures/certificates.ts';
import { startChild } from '../test-fixtures/child-service.ts';
import { ask, http2Session } from '../test-fixtures/http2-client.ts';
import { visits, visitsHandlers } from '../test-fixtures/visits.ts';
import { serve } from './serve.ts';
import type { ServeOptions } from './serve-options.ts';
import type { RunningService } from './server.ts';

const settings = { host: '127.0.0.1', port: 0, adminPort: 0, drainDelayMs: 0, drainTimeoutMs: 1000 } as const;
const running: RunningService[] = [];

async function served(options: ServeOptions = {}) {
  const { logger, lines } = capturedLog();
  const service = await serve(visits, visitsHandlers(), { logger, settings, ...options });
  running.push(service);
  return { service, lines };
}

describe('serve', () => {
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ stop }) => stop()));
  });

  it('accepts on both ports once it answers, and says so in one line', async () => {
    const { service, lines } = await served();
    const { port, adminPort } = service;
    expect(lines).toEqual([expect.objectContaining({ level: 'info', msg: 'listening', port, adminPort })]);
    await request(`http://127.0.0.1:${port}`).get('/api/visits/latest').expect(200);
    await request(`http://127.0.0.1:${adminPort}`).get('/readyz').expect(200);
  });

  it('speaks TLS to callers where the settings say so, and cleartext to operators', async () => {
    const { env, client, remove } = await certificateFiles();
    const tls = { tlsCertFile: env.TLS_CERT_FILE, tlsKeyFile: env.TLS_KEY_FILE, tlsCaFile: env.TLS_CA_FILE };
    const { service } = await served({ settings: { ...settings, ...tls } });
    const session = http2Session(`https://localhost:${service.port}`, client);
    expect((await ask(session, { ':path': '/api/visits/latest' })).status).toBe(200);
    const stranger = http2Session(`https://localhost:${service.port}`, { ca: client.ca });
    await expect(ask(stranger, { ':path': '/api/visits/latest' })).rejects.toThrow();
    await request(`http://127.0.0.1:${service.adminPort}`).get('/readyz').expect(200);
    await service.stop();
    expect(session.destroyed || session.closed).toBe(true);
    remove();
  });

  it('takes TLS in code before that of the environment', async () => {
    const own = await certificate();
    const { service } = await served({ tls: own });
    const session = http2Session(`https://localhost:${service.port}`, { ca });
    expect((await ask(session, { ':path': '/api/visits/latest' })).status).toBe(200);
  });

  it('keeps what is for operators off the callers’ port', async () => {
    const { service } = await served();
    await request(`http://127.0.0.1:${service.port}`).get('/readyz').expect(404);
  });

  it('passes the options of the app on', async () => {
    const { service } = await served({ bodyLimitBytes: 10 });
    await request(`http://127.0.0.1:${service.port}`).post('/api/visits').send({ name: 'Ada Lovelace' }).expect(413);
  });

  it('answers what is no HTTP with a problem', async () => {
    const { service } = await served();
    const socket = connect(service.port, '127.0.0.1');
    socket.write('nonsense\r\n\r\n');
    expect(await text(socket)).toContain('urn:parley:problem:rejected');
  });

  it('stops when asked to, once, and leaves the process alone', async () => {
    const listeners = process.listenerCount('SIGTERM');
    const close = jest.fn<() => void>();
    const { service, lines } = await served({ closeables: [{ close }] });
    expect(process.listenerCount('SIGTERM')).toBe(listeners + 1);
    await Promise.all([service.stop(), service.stop()]);
    expect(close).toHaveBeenCalledTimes(1);
    expect(lines.map(({ msg }) => msg)).toEqual(['listening', 'draining', 'stopped']);
    expect(process.listenerCount('SIGTERM')).toBe(listeners);
    expect(process.exitCode).toBeUndefined();
  });

  it('closes the rest where one closeable fails', async () => {
    const close = jest.fn<() => void>();
    const failing = { close: () => Promise.reject(new Error('stuck')) };
    const { service, lines } = await served({ closeables: [failing, { close }] });
    await service.stop();
    expect(close).toHaveBeenCalledTimes(1);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'cannot close what the service used' }),
    );
  });

  it('leaves no port open where the second cannot be had', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { logger } = capturedLog();
    const free = await served();
    await free.service.stop();
    const both = { ...settings, port: free.service.port, adminPort: port };
    await expect(serve(visits, visitsHandlers(), { logger, settings: both })).rejects.toThrow(
      /set ADMIN_PORT to another/,
    );
    await served({ settings: { ...settings, port: free.service.port } });
    taken.close();
  });
});

describe('a service’s main', () => {
  it.each([
    ['a wrong setting', { GREETING: 'x', PORT: 'http' }, 'PORT must be a whole number from 0 to 65535, not "http": '],
    ['a missing variable of its own', {}, 'GREETING is not set: correct it in the environment'],
    ['a port it cannot have', { GREETING: 'x', HOST: '192.0.2.1' }, 'cannot listen on 192.0.2.1:0: HOST is no address'],
  ])('says %s in one sentence and ends with 1', async (_what, env: Record<string, string>, sentence) => {
    const { code, stderr } = await startChild(env).ended;
    expect(code).toBe(1);
    expect(stderr.startsWith(sentence)).toBe(true);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('heeds LOG_LEVEL', async () => {
    const child = startChild({ GREETING: 'x', LOG_LEVEL: 'error', DRAIN_DELAY_MS: '0' });
    await child.line('serving');
    child.process.kill('SIGTERM');
    expect(await child.ended).toEqual({ code: 0, stderr: '' });
    expect(child.lines.map(({ msg }) => msg)).toEqual(['serving', 'closed first', 'closed second']);
  });
});
