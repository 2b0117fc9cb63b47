import { afterEach, describe, expect, it } from '@jest/globals';
import { CallError } from '@parley/contract';
import { ForeignError, foreignError } from './foreign-error.ts';

function NotThere() {}
NotThere.prototype = Object.create(Error.prototype);
NotThere.prototype.status = 404;

const seen = (thrown: unknown) => {
  const known = foreignError(thrown);
  if (!(known instanceof ForeignError)) return undefined;
  expect(known.original).toBe(thrown);
  const { status, code, detail } = known.error;
  return [status, code, detail];
};
const error = (members: object) => Object.assign(new Error('no such book'), members);

describe('an error of an app of others', () => {
  afterEach(() => {
    Reflect.deleteProperty(Object.prototype, 'status');
  });

  it.each([
    ['status', error({ status: 404 }), [404, 'not_found', 'no such book']],
    ['statusCode', error({ statusCode: 422 }), expect.arrayContaining([422, 'no such book'])],
    [
      'a status that is none, and a statusCode',
      error({ status: 'bad', statusCode: 413 }),
      [413, 'body_too_large', 'no such book'],
    ],
    [
      'a status of its class',
      Object.assign(Reflect.construct(Error, [], NotThere), { message: 'gone' }),
      [404, 'not_found', 'gone'],
    ],
  ])('keeps %s', (_name, thrown, expected) => {
    expect(seen(thrown)).toEqual(expected);
  });

  it('shows no message from 500 on, or where it says so', () => {
    const hidden = 'Something went wrong in this service';
    expect(seen(error({ status: 503 }))).toEqual([503, 'unavailable', hidden]);
    expect(seen(error({ status: 400, expose: false }))).toEqual([400, 'rejected', hidden]);
  });

  it('is left as it is where it has no status of an error', () => {
    Object.assign(Object.prototype, { status: 418 });
    for (const thrown of [error({}), 'text', null, error({ status: 200 }), new CallError('conflict', 'twice')]) {
      expect(foreignError(thrown)).toBe(thrown);
    }
  });
});
