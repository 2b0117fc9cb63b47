import { describe, expect, it } from '@jest/globals';
import { connectionEnd } from './connection-end.ts';

const past = { isAged: false, isOver: false, hasEnded: false, error: undefined };
const error = (code: string, message = '') => Object.assign(new Error(message), { code });

describe('the end of a connection', () => {
  it.each([
    ['age', { ...past, isAged: true, error: error('UND_ERR_DESTROYED') }],
    ['idle', { ...past, error: error('UND_ERR_INFO', 'socket idle timeout') }],
    ['server', { ...past, error: error('UND_ERR_SOCKET', 'other side closed') }],
    ['server', { ...past, error: error('UND_ERR_INFO', 'reset') }],
    ['server', { ...past, error: error('ERR_HTTP2_SESSION_ERROR', 'GOAWAY') }],
    ['server', { ...past, hasEnded: true }],
    ['broken', { ...past, error: error('ECONNRESET') }],
    ['broken', { ...past, error: error('ETIMEDOUT', 'the server answers no pings') }],
    ['request', { ...past, error: error('UND_ERR_SOCKET', 'bad response') }],
    ['request', { ...past, error: error('HPE_INVALID_CONSTANT') }],
    ['request', { ...past, error: new Error('given up') }],
    ['client', { ...past, error: error('UND_ERR_DESTROYED') }],
    ['client', { ...past, isOver: true, hasEnded: true }],
    ['client', past],
  ])('is %s: %j', (reason, connection) => {
    expect(connectionEnd(connection)).toBe(reason);
  });
});
