import { CallError, isCallError } from '@parley/contract';
import { beforeDeadline } from '../waiting/patience.ts';
import { databaseUnavailable } from '../waiting/unavailable.ts';

/** A connected client: of `redis` (node-redis), which has `sendCommand`, or of `ioredis`, which has `call`. */
export type RedisClient =
  | { sendCommand(args: string[]): Promise<unknown> }
  | { call(command: string, ...args: string[]): Promise<unknown> };

/** Sends one command, and gives its reply. @throws CallError where Redis is away, full or late */
export type RedisCommand = (...args: readonly [string, ...string[]]) => Promise<unknown>;

const late = () => new CallError('upstream_timeout', 'Redis did not answer in time');

/**
 * One way to send commands over either client. A command waits until the request's deadline; outside a request as long as
 * the client does.
 */
export function redisCommand(client: RedisClient): RedisCommand {
  // ioredis has a `sendCommand` too, which takes something else.
  const send: RedisCommand =
    'call' in client ? (...args) => client.call(...args) : (...args) => client.sendCommand([...args]);
  return async (...args) => {
    try {
      return await beforeDeadline(send(...args), late);
    } catch (error) {
      throw isCallError(error) ? error : redisError(error);
    }
  };
}

/** What Redis itself says of our command. Everything else is about its state, or the way to it. */
const ourFaults = /^(ERR|WRONGTYPE|NOPERM|NOSCRIPT|CROSSSLOT)\b/;

function redisError(error: unknown): unknown {
  const { message } = error as Error;
  if (/\bOOM\b/.test(message)) return databaseUnavailable('Redis has no memory left', error);
  if (ourFaults.test(message)) return error;
  return databaseUnavailable('Redis cannot be reached', error);
}
