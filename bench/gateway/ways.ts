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

/** A gateway that runs in a process of its own: those of the ways, and one that a careful user writes. */
export type GatewayKind = Exclude<Way, 'direct'> | 'keepalive';

/** All ways, in the order of their turns. */
export const wayNames = Object.keys(ways) as readonly Way[];
