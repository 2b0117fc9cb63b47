import { describe, expect, it, jest } from '@jest/globals';
import { defineContract, get, type Handlers } from '@parley/contract';
import { z } from 'zod';
import { rejection } from '../../test-fixtures/sample.ts';
import { createClient } from '../client.ts';
import { createFetchClient, paginate as ofFetch } from '../fetch.ts';
import { inMemoryUpstream } from '../testing/in-memory-upstream.ts';
import { paginate } from './paginate.ts';

const things = defineContract('things', {
  listThings: get('/things', {
    summary: 'Things, page by page',
    input: z.object({ limit: z.int().default(2), after: z.string().optional() }),
    output: z.object({ things: z.array(z.object({ n: z.int() })), next: z.string().nullish(), total: z.int() }),
  }),
  listShelf: get('/shelves/{id}', {
    summary: 'Numbers of a shelf, page by page',
    input: z.object({ id: z.string(), page: z.int().optional() }),
    output: z.object({ numbers: z.array(z.int()), page: z.int().optional() }),
  }),
});
type ListThings = Handlers<typeof things>['listThings'];
const members = { items: 'things', next: 'next', cursor: 'after' } as const;

/** A client of a service that has the numbers from 1 to 5. */
function open(change: Partial<Awaited<ReturnType<ListThings>>> = {}) {
  const listThings = jest.fn<ListThings>(async ({ limit, after }) => {
    const [first, count] = [Number(after ?? 0) + 1, limit];
    const numbers = [1, 2, 3, 4, 5].slice(first - 1, first - 1 + count);
    const last = numbers.at(-1) ?? 5;
    return { things: numbers.map((n) => ({ n })), next: last < 5 ? String(last) : null, total: 5, ...change };
  });
  const upstream = inMemoryUpstream(things, { listThings });
  return { client: createClient(things, upstream), listThings };
}

async function numbers(all: AsyncIterable<{ readonly n: number }>): Promise<number[]> {
  const found: number[] = [];
  for await (const { n } of all) found.push(n);
  return found;
}

describe('paginate', () => {
  it('gives the items of all pages in their order', async () => {
    const { client, listThings } = open();
    expect(await numbers(paginate(client.listThings, {}, members))).toEqual([1, 2, 3, 4, 5]);
    expect(listThings.mock.calls.map(([input]) => input)).toEqual([
      { limit: 2 },
      { limit: 2, after: '2' },
      { limit: 2, after: '4' },
    ]);
  });

  it('keeps the rest of the input, and begins where it says', async () => {
    const { client, listThings } = open();
    expect(await numbers(paginate(client.listThings, { limit: 1, after: '3' }, members))).toEqual([4, 5]);
    expect(listThings).toHaveBeenCalledTimes(2);
  });

  it.each([undefined, null, ''])('ends at a page whose next is %j', async (next) => {
    const { client, listThings } = open({ next });
    expect(await numbers(paginate(client.listThings, {}, members))).toEqual([1, 2]);
    expect(listThings).toHaveBeenCalledTimes(1);
  });

  it('asks for a page only when its items are wanted', async () => {
    const { client, listThings } = open();
    const items = paginate(client.listThings, {}, members);
    expect(listThings).not.toHaveBeenCalled();
    for await (const { n } of items) if (n === 2) break;
    expect(listThings).toHaveBeenCalledTimes(1);
  });

  it('ends with an error where a server gives a cursor again, the first one too', async () => {
    const { client, listThings } = open({ next: '2' });
    const seen: number[] = [];
    const read = async () => {
      for await (const { n } of paginate(client.listThings, {}, members)) seen.push(n);
    };
    expect(await rejection(read())).toMatchObject({
      code: 'invalid_reply',
      detail: 'page 2 has the next of an earlier page: the pages would never end',
    });
    expect([seen, listThings.mock.calls.length]).toEqual([[1, 2, 3, 4], 2]);
    const again = numbers(paginate(client.listThings, { after: '2' }, members));
    expect((await rejection(again)).detail).toMatch(/^page 1 has/);
  });

  it('takes numbers as cursors, and an operation with a required input', async () => {
    const listShelf: Handlers<typeof things>['listShelf'] = async ({ id, page = 1 }) => ({
      numbers: [Number(id) * page],
      page: page < 3 ? page + 1 : undefined,
    });
    const client = createClient(things, inMemoryUpstream(things, { listShelf }));
    const found: number[] = [];
    const shelf = paginate(client.listShelf, { id: '7' }, { items: 'numbers', next: 'page', cursor: 'page' });
    for await (const number of shelf) found.push(number);
    expect(found).toEqual([7, 14, 21]);
    // @ts-expect-error: id is missing
    paginate(client.listShelf, {}, { items: 'numbers', next: 'page', cursor: 'page' });
  });

  it('takes a client over fetch too', async () => {
    const answers = [{ numbers: [1], page: 2 }, { numbers: [2] }];
    const fetch = async () => Response.json(answers.shift());
    const client = createFetchClient(things, { baseUrl: 'https://things.test', fetch });
    const found: number[] = [];
    const shelf = ofFetch(client.listShelf, { id: '7' }, { items: 'numbers', next: 'page', cursor: 'page' });
    for await (const number of shelf) found.push(number);
    expect(found).toEqual([1, 2]);
  });

  it('hands on options, and the failure of a page', async () => {
    const { client } = open();
    const signal = AbortSignal.abort();
    const items = paginate(client.listThings, {}, members, { signal });
    expect((await rejection(numbers(items))).code).toBe('cancelled');
  });

  it('takes members that fit only', () => {
    const { client } = open();
    paginate(client.listThings, {}, { items: 'things', next: 'next', cursor: 'after' });
    // @ts-expect-error: total is no list
    paginate(client.listThings, {}, { items: 'total', next: 'next', cursor: 'after' });
    // @ts-expect-error: total is no cursor for after
    paginate(client.listThings, {}, { items: 'things', next: 'total', cursor: 'after' });
    // @ts-expect-error: the input has no such member
    paginate(client.listThings, {}, { items: 'things', next: 'next', cursor: 'page' });
    // @ts-expect-error: the input has no such member
    paginate(client.listThings, { size: 1 }, { items: 'things', next: 'next', cursor: 'after' });
  });
});
