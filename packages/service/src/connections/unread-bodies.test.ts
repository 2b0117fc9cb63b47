import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CallError } from '@parley/contract';
import type { RequestHandler } from 'express';
import { type Framing, type Upload, type Uploading, uploadWires } from '../../test-fixtures/endless-uploads.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';

const json = { 'content-type': 'application/json' };
const post: Upload = { method: 'POST', path: '/api/visits', headers: json };

/** Refuses as a middleware before the body does. */
const refusing: RequestHandler = (req, _res, next) => {
  const code = req.headers['x-refuse-with'];
  next(typeof code === 'string' ? new CallError(code, 'refused') : undefined);
};
const refusedWith = (code: string): Upload => ({ ...post, headers: { ...json, 'x-refuse-with': code } });

const refusals: readonly (readonly [string, number, Upload])[] = [
  ['401', 401, refusedWith('unauthenticated')],
  ['403', 403, refusedWith('permission_denied')],
  ['429', 429, refusedWith('rate_limited')],
  ['503', 503, refusedWith('overloaded')],
  ['404', 404, { method: 'POST', path: '/nowhere' }],
  ['405', 405, { method: 'PUT', path: '/api/visits' }],
  ['413', 413, post],
  ['413 for a body in gzip', 413, { ...post, headers: { ...json, 'content-encoding': 'gzip' } }],
  ['415 for a type', 415, { ...post, headers: { 'content-type': 'text/plain' } }],
  ['415 for a charset', 415, { ...post, headers: { 'content-type': 'application/json; charset=utf-16' } }],
  ['415 for a coding', 415, { ...post, headers: { ...json, 'content-encoding': 'compress' } }],
  ['504 where no time is left', 504, { ...post, headers: { ...json, 'x-request-timeout-ms': '0' } }],
  ['400 for a timeout', 400, { ...post, headers: { ...json, 'x-request-timeout-ms': 'soon' } }],
  ['the answer of an operation without a body', 200, { method: 'GET', path: '/api/visits/latest' }],
];

/** What is read after the answer, and what was on its way: pieces of the sockets, TLS' records, and a body of 128 KiB. */
const mostBytes = 262_144 + 5 * 65_536;

describe.each(uploadWires)('an answer before the end of its request, over $protocol', ({ protocol, open }) => {
  const isHttp2 = protocol.includes('HTTP/2');
  let uploading: Uploading;
  let app: ReturnType<typeof visitsApp>;
  beforeEach(async () => {
    app = visitsApp({}, { middleware: [refusing] });
    uploading = await open(app.app);
  });
  afterEach(() => uploading.close());

  const framings: readonly Framing[] = ['Content-Length', 'chunked', 'Expect: 100-continue'];
  const cases = framings.flatMap((framing) =>
    refusals.map(
      ([what, status, upload]) => [`${what} to a body with ${framing}`, status, { ...upload, framing }] as const,
    ),
  );
  it.each(cases)('comes at once: %s', async (_what, status, upload) => {
    const outcome = await uploading.send(upload);
    expect(outcome).toMatchObject({ status, interim: [] });
    if (status >= 400) expect(JSON.parse(outcome.body)).toMatchObject({ status });
    expect(outcome.bytesRead).toBeLessThan(mostBytes);
    if (isHttp2) expect(outcome.resetCode).toBe(0);
    else expect(outcome.saysClose).toBe(true);
  });

  it.each(refusals.filter(([what]) => !what.startsWith('413 for')))(
    'waits for no byte of the body that it does not need: %s',
    async (_what, status, upload) => {
      const { status: got, bytesRead } = await uploading.send({ ...upload, stopsAfter: 10 });
      expect(got).toBe(status);
      expect(bytesRead).toBeLessThan(4096);
    },
  );

  it('is 408 where the body does not arrive within the time of its request, and no error of the service', async () => {
    const headers = { ...json, 'x-request-timeout-ms': '50' };
    const outcome = await uploading.send({ ...post, headers, framing: 'chunked', stopsAfter: 10 });
    expect(outcome).toMatchObject({ status: 408, saysClose: !isHttp2 });
    expect(JSON.parse(outcome.body)).toMatchObject({
      type: 'urn:parley:problem:rejected',
      detail: 'Body did not arrive in time',
    });
    // The line is written when the connection closes.
    while (app.log.lines.length === 0) await turn();
    expect(app.log.lines).toMatchObject([{ level: 'info', msg: 'request', status: 408 }]);
  });
});
