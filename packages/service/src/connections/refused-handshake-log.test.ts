import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defineContract, get } from '@parley/contract';
import { eventually } from '../../../../test/eventually.ts';
import { certificateAuthority } from '../../../client/test-fixtures/certificates.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { type StartedService, startService } from '../testing/started-service.ts';
import { RefusedHandshakeLog } from './refused-handshake-log.ts';

const shop = defineContract('shop', { ping: get('/ping', { summary: 'Ping' }) });
const [own, other] = await Promise.all([certificateAuthority(), certificateAuthority('other CA')]);
const names = ['127.0.0.1'];
const [pair, stranger, expired] = await Promise.all([
  own.issue({ names }),
  other.issue({ names }),
  own.issue({ names, validDays: -1 }),
]);

describe('a handshake that is refused', () => {
  let service: StartedService;
  beforeEach(async () => {
    service = await startService(shop, { ping: async () => {} }, { tls: { ...pair, ca: own.ca } });
  });
  afterEach(() => service.stop());

  const port = () => Number(new URL(service.url).port);
  const refused = () => service.logs.find(({ msg }) => String(msg).startsWith('refused TLS handshakes'));
  const shake = (options: ConnectionOptions) => {
    connect({ host: '127.0.0.1', port: port(), ca: own.ca, ...options }).on('error', () => {});
  };

  it.each<[string, () => void]>([
    ['the caller has no certificate', () => shake({})],
    ['the certificate of the caller is not from a CA of TLS_CA_FILE', () => shake(stranger)],
    ['the certificate of the caller has expired', () => shake(expired)],
    [
      'the caller speaks no TLS version that is safe',
      () => shake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ],
    [
      'the caller does not speak TLS',
      () =>
        connectTcp(port(), '127.0.0.1')
          .on('error', () => {})
          .end('GET / HTTP/1.1\r\n\r\n'),
    ],
  ])('is a line of the log: %s', async (reason, knock) => {
    knock();
    await eventually(refused);
    expect(refused()).toMatchObject({ level: 'warn', connections: 1, peer: '127.0.0.1', reason });
  });

  it('is none where the connection just ends', async () => {
    connectTcp(port(), '127.0.0.1')
      .on('error', () => {})
      .end();
    shake(stranger);
    await eventually(refused);
    expect(refused()).toMatchObject({ connections: 1 });
  });
});

it('a caller that does not trust the service is named so: OpenSSL says it by an alert', () => {
  const { logger, lines } = capturedLog();
  const error = Object.assign(new Error('x'), { code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' });
  new RefusedHandshakeLog(logger).note(error, { authorizationError: undefined as never, remoteAddress: '10.0.0.1' });
  expect(lines).toMatchObject([{ reason: 'the caller does not trust the certificate of this service' }]);
});
