import { z } from 'zod';

// What every contender takes and gives: schemas, and the work itself, which is next to none.

/** The name to greet. */
export const helloInput = z.object({ name: z.string().trim().min(1).max(100) });
export const helloOutput = z.object({ message: z.string() });

/** How many items. */
export const itemsInput = z.object({ limit: z.coerce.number<number | string>().int().min(1).max(1000) });
const item = z.object({ id: z.int(), name: z.string(), note: z.string(), isNew: z.boolean() });
export const itemsOutput = z.object({ items: z.array(item) });

/** A note to be kept. */
export const noteInput = z.object({ title: z.string().max(100), text: z.string().max(2000) });
export const noteOutput = z.object({ id: z.int(), title: z.string() });

/** A body of 1 KiB. */
export const posted = { title: 'A note', text: 'x'.repeat(980) };

const items = Array.from({ length: 1000 }, (_, id) => ({
  id,
  name: `item ${id}`,
  note: `${id.toString(36).repeat(20)}`.slice(0, 40),
  isNew: id % 2 === 0,
}));

/** The handlers, without a framework. */
export const work = {
  sayHello: ({ name }: z.infer<typeof helloInput>) => ({ message: `Hello, ${name}!` }),
  listItems: ({ limit }: z.infer<typeof itemsInput>) => ({ items: items.slice(0, limit) }),
  addNote: ({ title }: z.infer<typeof noteInput>) => ({ id: 1, title }),
};
