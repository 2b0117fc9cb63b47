import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineError } from './defined-error.ts';

const outOfStock = defineError('out_of_stock', {
  status: 409,
  title: 'Out of stock',
  data: z.object({ left: z.number() }),
});
const closed = defineError('closed', { status: 409, title: 'Closed' });

describe('a declared error', () => {
  it('is made of a sentence and its data', () => {
    const error = outOfStock('only 1 left', { left: 1 });
    expect(error).toMatchObject({ code: 'out_of_stock', status: 409, detail: 'only 1 left', data: { left: 1 } });
    expect([outOfStock.is(error), closed.is(error)]).toEqual([true, false]);
    expect(closed('until Monday')).toMatchObject({ code: 'closed', data: undefined });
  });

  it('says to code without types how it is thrown', () => {
    type Untyped = (...given: readonly unknown[]) => unknown;
    const [untyped, untypedClosed] = [outOfStock as unknown as Untyped, closed as unknown as Untyped];
    expect(() => untyped({ left: 1 })).toThrow(
      "error out_of_stock: expected a sentence for people first, as in throw outOfStock('what went wrong', { … }), got a value of type object",
    );
    expect(() => untyped('only 1 left')).toThrow(
      "error out_of_stock: expected its data second, as in throw outOfStock('what went wrong', { … }), got undefined",
    );
    expect(() => untypedClosed()).toThrow("as in throw closed('what went wrong'), got undefined");
    expect(() => untyped('only 1 left', { status: 1 })).toThrow('data cannot have the member status');
  });
});
