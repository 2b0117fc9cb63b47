import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { frame, frameTypes, preface } from '../../../../test/http2-frames.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { visits, visitsHandlers } from '../../test-fixtures/visits.ts';
import { startService } from '../testing/started-service.ts';
import { BrokenSessionLog } from './broken-session-log.ts';

describe('the log of broken HTTP/2 sessions', () => {
  it('has the client, the code and the start of the reason', () => {
    const { logger, lines } = capturedLog();
    const error = Object.assign(new Error('x'.repeat(1_000)), { code: 'ERR_HTTP2_ERROR' });
    new BrokenSessionLog(logger).note(error, '10.0.0.7');
    const reason = 'x'.repeat(200);
    expect(lines).toMatchObject([{ level: 'warn', connections: 1, peer: '10.0.0.7', code: 'ERR_HTTP2_ERROR', reason }]);
  });

  it('has no line for a connection that broke', () => {
    const { logger, lines } = capturedLog();
    new BrokenSessionLog(logger).note(Object.assign(new Error('reset'), { code: 'ECONNRESET' }), '10.0.0.7');
    expect(lines).toEqual([]);
  });

  it('has a line where no request was under way', async () => {
    const service = await startService(visits, visitsHandlers());
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1').on('error', () => {});
    socket.write(Buffer.concat([preface, frame(frameTypes.data, 0, 0, Buffer.from('x'))]));
    socket.resume();
    await once(socket, 'close');
    await service.stop();
    const line = service.logs.find(({ msg }) => String(msg).startsWith('ended HTTP/2 connections'));
    expect(line).toMatchObject({ level: 'warn', connections: 1, peer: '127.0.0.1', code: 'ERR_HTTP2_ERROR' });
  });
});
