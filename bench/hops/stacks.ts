/** Ways to build gateway, hello and greetings, by their name in the table. */
export const stacks = {
  parley: 'Parley: its gateway on nginx, two services of the kit, the typed client between them',
  hand: 'by hand: nginx with keep-alive, Express, helmet, compression, pino-http, axios with agent, axios-retry, opossum',
} as const;

/** Short name of a stack. */
export type Stack = keyof typeof stacks;

/** All stacks, in the order of their turns. */
export const stackNames = Object.keys(stacks) as readonly Stack[];
