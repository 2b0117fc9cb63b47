import { once } from 'node:events';
import { createServer } from 'node:net';
import { compose } from './stack.ts';
import tearDown from './tear-down.ts';

/** Builds and starts everything, on a free port. */
export default async function setUp(): Promise<void> {
  process.env.PORT = String(await freePort());
  try {
    await compose('up', '--build', '--detach', '--wait', '--wait-timeout', '300');
  } catch (error) {
    process.stderr.write(await compose('logs', '--tail', '20'));
    await tearDown();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('expected an address with a port');
  return address.port;
}
