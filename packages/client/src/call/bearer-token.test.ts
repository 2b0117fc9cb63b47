import { inspect } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import { holding, rejection, scripted, someCall, someError } from '../../test-fixtures/sample.ts';
import type { Call } from '../layer.ts';
import { bearerToken } from './bearer-token.ts';

describe('bearer-token', () => {
  it('sends the token as it is at each call', async () => {
    const wire = scripted<Call>();
    const tokens = ['one', 'two'];
    const send = bearerToken(holding({ token: async () => tokens.shift() as string }))(wire);
    await send(someCall({ headers: { accept: 'a' } }));
    await send(someCall());
    expect(wire.requests.map(({ headers }) => headers)).toEqual([
      { accept: 'a', authorization: 'Bearer one' },
      { authorization: 'Bearer two' },
    ]);
  });

  it('takes a token that is there at once', async () => {
    const wire = scripted<Call>();
    await bearerToken(holding({ token: () => 'one' }))(wire)(someCall());
    expect(wire.requests[0]?.headers.authorization).toBe('Bearer one');
  });

  it('hands the request on as it is without a token, or where it has its own proof', async () => {
    const wire = scripted<Call>();
    const request = someCall();
    await bearerToken(holding({ token: undefined }))(wire)(request);
    expect(wire.requests[0]).toBe(request);
    const token = jest.fn(() => 'one');
    await bearerToken(holding({ token }))(wire)(someCall({ headers: { authorization: 'Basic YTpi' } }));
    expect(wire.requests[1]?.headers.authorization).toBe('Basic YTpi');
    expect(token).not.toHaveBeenCalled();
  });

  it('takes an inherited header for none', async () => {
    const wire = scripted<Call>();
    const headers: Record<string, string> = Object.create({ authorization: 'Basic YTpi' });
    await bearerToken(holding({ token: () => 'one' }))(wire)(someCall({ headers }));
    expect(wire.requests[0]?.headers.authorization).toBe('Bearer one');
  });

  it('heeds a token that is given later on', async () => {
    const wire = scripted<Call>();
    const options: { token: (() => string) | undefined } = { token: undefined };
    const send = bearerToken(holding(options))(wire);
    options.token = () => 'one';
    await send(someCall());
    expect(wire.requests[0]?.headers.authorization).toBe('Bearer one');
  });

  it.each<[string, () => string]>([
    [
      'throws',
      () => {
        throw new RangeError('s3cret');
      },
    ],
    [
      'throws no error',
      () => {
        throw 's3cret';
      },
    ],
    ['gives a header that smuggles', () => 's3cret\r\nx-admin: 1'],
    ['gives two', () => 's3cret s3cret'],
    ['gives nothing', () => ''],
    ['gives no text', () => ({ s3cret: 's3cret' }) as never],
  ])('sends nothing where the option %s, and tells no secret', async (_what, token) => {
    const wire = scripted<Call>();
    const error = await rejection(bearerToken(holding({ token }))(wire)(someCall()));
    expect(wire.requests).toEqual([]);
    expect(error).toMatchObject({ code: 'unavailable', isUnprocessed: true, operation: 'GET /api/things/{id}' });
    expect(error.message).toMatch(/^\[unavailable\] GET \/api\/things\/\{id\}: not sent: /);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('s3cret');
  });

  it('is in no error of those below', async () => {
    const send = bearerToken(holding({ token: () => 's3cret' }))(scripted<Call>(someError('internal')));
    expect(inspect(await rejection(send(someCall())), { depth: 9, showHidden: true })).not.toContain('s3cret');
  });
});
