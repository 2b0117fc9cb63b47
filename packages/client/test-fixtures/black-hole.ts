import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A network between a client and a server that can swallow what is on it: connections that are open stay open, and
 * nothing comes through any more, as when a firewall forgets them or a host is gone. New ones are as before.
 */
export async function blackHole(address: string) {
  const target = new URL(address);
  const pairs = new Set<readonly [Socket, Socket]>();
  const proxy = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', () => {}).on('close', () => to.destroy());
      from.pipe(to);
    }
    near.on('close', () => pairs.delete(pair));
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const swallow = () => {
    for (const [near, far] of pairs) {
      near.unpipe().resume();
      far.unpipe().resume();
    }
  };
  const close = async () => {
    for (const [near] of pairs) near.destroy();
    proxy.close();
    await once(proxy, 'close');
  };
  const { port } = proxy.address() as AddressInfo;
  return { address: `${target.protocol}//127.0.0.1:${port}`, open: () => pairs.size, swallow, close };
}
