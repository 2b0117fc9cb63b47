import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** The free port that a server took on the loopback. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1', 1024);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
