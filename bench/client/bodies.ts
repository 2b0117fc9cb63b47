import type { Exchange } from './scenarios.ts';

const items = Array.from({ length: 128 }, (_, id) => ({
  id,
  name: `item number ${id}`,
  note: 'x'.repeat(76),
  isNew: true,
}));

/** What the server answers, per exchange. */
export const replies: Readonly<Record<Exchange, { message: string; items?: typeof items }>> = {
  small: { message: 'Hello, Alice!' },
  large: { message: 'sixteen KiB', items },
  post: { message: 'taken' },
};

/** What is sent with a POST: 1 KiB of JSON. */
export const posted = { text: 'x'.repeat(1024 - '{"text":""}'.length) };

/** Path of an exchange. */
export const paths: Readonly<Record<Exchange, string>> = { small: '/small', large: '/large', post: '/post' };
