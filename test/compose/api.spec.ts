import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../../packages/contract/src/errors/error-codes.ts';
import { errorTitles } from '../../packages/contract/src/errors/error-titles.ts';
import { ask, describePublicApi, expectProblem } from '../public-api.ts';
import { baseUrl } from './stack.ts';

describePublicApi(baseUrl);

describe('the gateway itself', () => {
  const kib = (n: number) => 'a'.repeat(n * 1024);

  it.each<[string, number, ErrorCode, Parameters<typeof ask>[1], Parameters<typeof ask>[2]]>([
    ['a path without a service', 404, 'not_found', '/api/nothing', {}],
    ['a method that is dangerous', 405, 'method_not_allowed', '/api/hello', { method: 'TRACE' }],
    ['a URL that is too long', 414, 'rejected', `/api/hello?name=${kib(9)}`, {}],
    ['one header that is too large', 431, 'rejected', '/api/hello', { headers: { a: kib(9) } }],
    [
      'headers that are too large together',
      431,
      'rejected',
      '/api/hello',
      { headers: { a: kib(6), b: kib(6), c: kib(6) } },
    ],
    [
      'a body that is announced too large',
      413,
      'body_too_large',
      '/api/visits',
      { method: 'POST', headers: { 'content-length': '1048577' } },
    ],
    ['a host that is none', 400, 'rejected', '/api/hello', { headers: { host: '/' } }],
  ])('answers %s with a problem, status %d', async (_, status, code, path, question) => {
    const answer = await ask(baseUrl(), path, question);
    expectProblem(answer, status, code);
    expect(answer.body.title).toBe(errorTitles[code]);
    expect(answer.headers['x-request-id']).toBe(answer.body.requestId);
    expect(answer.headers.server).toBe('nginx');
  });

  it.each([
    ['is no HTTP', 'GARBAGE\r\n\r\n', 400],
    ['is TLS', '\x16\x03\x01\x00\xa5\x01\r\n\r\n', 400],
    [
      'smuggles a second request',
      'POST /api/visits HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['has a length that is no number', 'POST /api/visits HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n', 400],
    ['has an encoding nobody knows', 'POST /api/visits HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n', 501],
    ['is of another version', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
  ])('answers what %s with a problem, not with HTML', async (_, bytes, status) => {
    const { port } = new URL(baseUrl());
    const socket = connect(Number(port), '127.0.0.1').setEncoding('latin1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write(bytes, 'latin1');
    await once(socket, 'close');
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/\r\nContent-Type: application\/problem\+json\r\n/);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status });
  });

  it("makes a request id where the caller's is missing or unsafe", async () => {
    for (const headers of [{}, { 'x-request-id': '<script>' }, { 'x-request-id': 'a'.repeat(65) }]) {
      const answer = await ask(baseUrl(), '/api/hello', { headers });
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    }
  });
});
