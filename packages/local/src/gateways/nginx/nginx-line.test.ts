import { describe, expect, it } from '@jest/globals';
import { withoutRequest } from './nginx-line.ts';

const head = '2026/01/31 12:00:00 [error] 7#7: ';

describe('withoutRequest', () => {
  it('keeps what happened, the client and the replica', () => {
    const line =
      `${head}*5 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: _, ` +
      'request: "GET /x?s3cret HTTP/1.1", upstream: "http://127.0.0.1:20001/x?s3cret", host: "s3cret", referrer: "s3cret"';
    expect(withoutRequest(line)).toBe(
      `${head}connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, replica: 127.0.0.1:20001`,
    );
  });

  it.each([
    'upstream sent invalid header: "Set-Cookie: s3cret\\x0d..." while reading, client: ::1, request: "GET / HTTP/1.1"',
    'upstream sent invalid header: "Set-Cookie: s3cret and the line ends here',
    'limiting requests, client: 1.2.3.4, server: _, request: "GET /?a=", upstream: "http://s3cret/ HTTP/1.1"',
    'x, client: s3cret, request: "GET',
  ])('keeps nothing that was sent: %s', (text) => {
    expect(withoutRequest(`${head}*5 ${text}`)).not.toContain('s3cret');
  });

  it.each([`${head}signal 15 (SIGTERM) received`, 'nginx: [emerg] unknown directive "prox" in /tmp/x/nginx.conf:3'])(
    'leaves what nginx says of itself: %s',
    (line) => {
      expect(withoutRequest(line)).toBe(line);
    },
  );

  it('drops the rest of a line that a client has broken in two', () => {
    expect(withoutRequest('s3cret HTTP/1.1", host: "x"')).toBeUndefined();
  });
});
