import { describe, expect, it } from '@jest/globals';
import { CallError, type ErrorCode, Story } from '@parley/contract';
import express from 'express';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { anyProtocol, protocols } from '../../test-fixtures/protocols.ts';
import { unknownVisit } from '../../test-fixtures/visits.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { failureAnswer, problem } from './problem.ts';

const details = { operation: 'GET /api/greetings', endpoint: 'http://10.0.0.1:3000' };

describe.each(protocols)('problem over $protocol', ({ request }) => {
  function throwing(thrown: unknown) {
    const { app, log } = visitsApp({
      getVisit: async () => {
        throw thrown;
      },
    });
    return { log, reply: () => request(app).get('/api/visits/1').set('x-request-id', 'r1') };
  }

  it('passes a declared error with its title, status and data', async () => {
    const { reply, log } = throwing(unknownVisit('no visit 1', { known: ['2'] }));
    const { body, headers } = await reply()
      .expect(404)
      .expect('content-type', /^application\/problem\+json/);
    expect(body).toEqual({
      type: 'urn:parley:problem:unknown_visit',
      title: 'Unknown visit',
      status: 404,
      detail: 'no visit 1',
      known: ['2'],
      requestId: 'r1',
    });
    expect(headers['cache-control']).toBe('no-store');
    expect(headers).not.toHaveProperty('etag');
    expect(log.lines).toMatchObject([{ msg: 'request' }]);
  });

  it('passes a declared error of an upstream with the status and data that are declared', async () => {
    const data = { known: [], extra: 's3cret' };
    const { body } = await throwing(new CallError('unknown_visit', 'gone', { ...details, status: 410, data })).reply();
    expect(body).toMatchObject({ type: 'urn:parley:problem:unknown_visit', status: 404, known: [] });
    expect(body).not.toHaveProperty('extra');
  });

  it.each(['unknown_visit', 'unavailable', 'conflict', 'out_of_paper'])(
    'keeps the story of a call to itself: %s',
    async (code) => {
      const told = { kind: 'chosen', atMs: 0, attempt: 1, endpoint: 's3cret', candidates: [], ejected: [] } as const;
      const story = new Story('GET /s3cret', 0, () => [{ ...told, isPanic: false }]);
      for (const said of [
        { story, data: { known: [] } },
        { ...details, story, data: { known: [] } },
      ]) {
        const { text } = await throwing(new CallError(code, 'no', said)).reply();
        expect(text).not.toContain('s3cret');
      }
    },
  );

  it('answers 500 where a declared error lacks the data it promises', async () => {
    await throwing(new CallError('unknown_visit', 'gone', { data: { known: 5 } }))
      .reply()
      .expect(500);
  });

  it('answers 500 to an error of a contract that the operation does not declare', async () => {
    const { reply, log } = throwing(new CallError('out_of_paper', 's3cret', { status: 409 }));
    const { text } = await reply().expect(500);
    expect(text).not.toContain('s3cret');
    expect(log.lines[0]).toMatchObject({ level: 'error', err: { code: 'out_of_paper' } });
  });

  it.each([
    ['conflict', 409],
    ['permission_denied', 403],
    ['unavailable', 503],
  ])('passes %s where the handler chose it', async (code, status) => {
    const { body } = await throwing(new CallError(code, 'my words')).reply().expect(status);
    expect(body).toMatchObject({ type: `urn:parley:problem:${code}`, detail: 'my words' });
  });

  it.each<[ErrorCode | 'their_own', string, number, string]>([
    ['unavailable', 'upstream_unavailable', 503, 'warn'],
    ['overloaded', 'upstream_unavailable', 503, 'warn'],
    ['rate_limited', 'upstream_unavailable', 503, 'warn'],
    ['upstream_unavailable', 'upstream_unavailable', 503, 'warn'],
    ['attempt_timeout', 'upstream_timeout', 504, 'warn'],
    ['deadline_exceeded', 'upstream_timeout', 504, 'warn'],
    ['upstream_timeout', 'upstream_timeout', 504, 'warn'],
    ['internal', 'upstream_failed', 502, 'error'],
    ['invalid_input', 'upstream_failed', 502, 'error'],
    ['not_found', 'upstream_failed', 502, 'error'],
    ['invalid_reply', 'upstream_failed', 502, 'error'],
    ['cancelled', 'upstream_failed', 502, 'error'],
    ['their_own', 'upstream_failed', 502, 'error'],
  ])('tells %s of an upstream as %s', async (code, told, status, level) => {
    const { reply, log } = throwing(new CallError(code, 's3cret 10.0.0.1', { ...details, status: 418 }));
    const { body, text } = await reply().expect(status);
    expect(body.type).toBe(`urn:parley:problem:${told}`);
    expect(body.detail).toMatch(/^A service that this one needs/);
    expect(text).not.toMatch(/s3cret|10\.0\.0\.1|greetings/);
    expect(log.lines[0]).toMatchObject({
      level,
      msg: 'request failed',
      requestId: 'r1',
      operation: 'GET /api/visits/{id}',
      err: { code, endpoint: details.endpoint },
    });
  });

  it.each([
    [new Error('s3cret')],
    [Object.assign(new URIError('s3cret'), { status: 400 })],
    [Object.assign(new Error('s3cret'), { status: 404, expose: true, headers: { 'x-leak': 's3cret' } })],
    ['s3cret'],
    [{ password: 's3cret' }],
    [new CallError('cancelled', 's3cret')],
  ])('hides %p behind a 500, and logs it', async (thrown) => {
    const { reply, log } = throwing(thrown);
    const { body, text, headers } = await reply()
      .expect(500)
      .expect('content-type', /^application\/problem\+json/);
    expect(body).toMatchObject({ type: 'urn:parley:problem:internal', requestId: 'r1' });
    expect(text + JSON.stringify(headers)).not.toMatch(/s3cret|stack|node_modules|<html/);
    expect(log.lines[0]).toMatchObject({ level: 'error', msg: 'request failed', err: expect.anything() });
  });

  it.each([
    [
      new CallError('no_order', 'No such order', { status: 404 }),
      'GET /api/visits/{id} does not declare no_order: add it to the errors of the operation',
    ],
    [
      new CallError('unknown_visit', 'gone', { data: { known: 1 } }),
      expect.stringContaining('the data of unknown_visit do not fit their schema: known: '),
    ],
    [new CallError('internal', 'Broken'), undefined],
  ])('says in the log what the contract lacks: %p', async (thrown, hint) => {
    const { reply, log } = throwing(thrown);
    await reply().expect(500);
    expect(log.lines[0]?.hint).toEqual(hint);
  });

  it('logs the stack of what it hides', async () => {
    const { reply, log } = throwing(new Error('bug'));
    await reply().expect(500);
    expect(log.lines[0]).toMatchObject({ err: { stack: expect.stringContaining('problem.test') } });
  });

  it('rounds Retry-After up to seconds', async () => {
    await throwing(new CallError('rate_limited', 'slower', { retryAfterMs: 1001 }))
      .reply()
      .expect('retry-after', '2');
  });

  it('cuts the connection where half an answer is out', async () => {
    const app = anyProtocol(express());
    const { logger, lines } = capturedLog();
    app.get('/', (_req, res) => {
      res.write('half');
      throw new Error('bug');
    });
    app.use(problem({ answerFailure: failureAnswer({ logger }) }));
    await expect(request(app).get('/')).rejects.toThrow(/aborted|hang up|ECONNRESET|NGHTTP2_INTERNAL_ERROR/);
    expect(lines).toMatchObject([{ level: 'error' }]);
  });
});
