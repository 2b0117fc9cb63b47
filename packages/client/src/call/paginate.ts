import { CallError, ownMember } from '@parley/contract';

type ItemsOf<Value> = Value extends readonly (infer Item)[] ? Item : never;

/** The members of an object type whose values fit. */
type Fitting<T, Value> = { [Name in keyof T]-?: T[Name] extends Value ? Name : never }[keyof T];

/** Where the pages of an operation keep what {@link paginate} needs. */
export interface PageMembers<Input, Page, Cursor extends keyof Input, Items extends Fitting<Page, readonly unknown[]>> {
  /** The member of the output that holds the items of a page. */
  readonly items: Items;
  /** The member of the output that holds the cursor of the next page; the last page has none, null or an empty text. */
  readonly next: Fitting<Page, Input[Cursor] | null | undefined>;
  /** The member of the input that takes a cursor. */
  readonly cursor: Cursor;
}

/**
 * The items of all pages of an operation, one after the other. A page is asked for when the items before it have been
 * taken, each with a call of its own.
 *
 * @param list a method of a client: `client.listVisits`
 * @param input of every page; a cursor in it says where to begin
 * @param members the names of the members that hold items and cursors
 * @param options of the call of each page: `timeoutMs` bounds one page
 * @throws CallError as the method, and `invalid_reply` where a server gives a cursor for the second time: its pages would
 *   never end
 * @example
 * for await (const visit of paginate(client.listVisits, { limit: 100 }, { items: 'visits', next: 'next', cursor: 'cursor' })) …
 */
export async function* paginate<
  Input,
  Options,
  Page extends object,
  const Cursor extends keyof NonNullable<Input>,
  const Items extends Fitting<Page, readonly unknown[]>,
>(
  list: (input: Input, options?: Options) => Promise<Page>,
  input: NoInfer<NonNullable<Input>>,
  members: PageMembers<NonNullable<Input>, Page, Cursor, Items>,
  options?: NoInfer<Options>,
): AsyncGenerator<ItemsOf<Page[Items]>, void, undefined> {
  const { items, next, cursor } = members;
  let [from, pages]: [unknown, number] = [ownMember(input, cursor), 0];
  const seen = new Set([from]);
  for (;;) {
    const page = await list(pages === 0 ? input : { ...input, [cursor]: from }, options);
    pages++;
    yield* page[items] as Iterable<ItemsOf<Page[Items]>>;
    from = ownMember(page, next);
    if (from === undefined || from === null || from === '') return;
    if (seen.has(from)) throw repeated(String(next), pages);
    seen.add(from);
  }
}

// Without the cursor: it may hold what the caller of a service must not see. With an operation it is an upstream's failure.
function repeated(next: string, pages: number): CallError {
  const detail = `page ${pages} has the ${next} of an earlier page: the pages would never end`;
  return new CallError('invalid_reply', detail, { operation: 'paginate' });
}
