/** Ways of a request to a replica, by their name in the table. */
export const ways = {
  direct: 'to the replica itself',
  bare: 'nginx, `proxy_pass` alone',
  nginx: 'nginx, as `npm start` and compose run it',
  haproxy: 'HAProxy, as `npm start` and compose run it',
  embedded: 'embedded gateway',
} as const;

/** Short name of a way. */
export type Way = keyof typeof ways;

/** All ways, in the order of their turns. */
export const wayNames = Object.keys(ways) as readonly Way[];
