import { describe, expect, it } from '@jest/globals';
import { isCallError } from '@parley/contract';
import { DatabaseError } from 'pg';
import { postgresError } from './postgres-error.ts';

const away = { code: 'upstream_unavailable', status: 503, detail: 'the database cannot be reached' };

describe('postgresError', () => {
  it('makes of what a server may say what a caller may know', () => {
    const codes = (state: string) => {
      const error = postgresError(Object.assign(new DatabaseError('no', 0, 'error'), { code: state }));
      return isCallError(error) ? `${error.status} ${error.retryAfterMs !== undefined}` : 'as it is';
    };
    for (const state of ['53100', '53200', '53300', '57P01', '57P03', '08006', '25006', '55P03', '40P01', 'XX001']) {
      expect([state, codes(state)]).toEqual([state, '503 true']);
    }
    expect(codes('57014')).toBe('504 false');
    for (const state of ['23505', '22P02', '42703', 'XX000']) expect(codes(state)).toBe('as it is');
    expect(postgresError(new Error('Connection terminated unexpectedly'))).toMatchObject({
      ...away,
      retryAfterMs: 2_000,
    });
  });

  it('takes no code of Node for one of the server', () => {
    for (const code of ['EPIPE', 'ECONNRESET', 'ECONNREFUSED']) {
      expect(postgresError(Object.assign(new Error('write'), { code }))).toMatchObject(away);
    }
  });
});
