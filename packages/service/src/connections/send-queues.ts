import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** Its own, which Node does not show. */
type SocketWithHandle = Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null };

/** Bytes of a socket that the kernel has not taken yet. */
export function unsentBytes(socket: Socket): number {
  return (socket as SocketWithHandle)._handle?.writeQueueSize ?? 0;
}

/** A TCP connection in `/proc/net/tcp`: its two ports, in decimals. */
export function portsOf({ localPort, remotePort }: Socket): string {
  return `${localPort}:${remotePort}`;
}

/**
 * Bytes that the kernel holds for each TCP connection of this machine, by {@link portsOf}. A client that reads slowly
 * takes some of them long before there is room for more of ours: the kernel takes those by the megabyte. Nothing where
 * there is no `/proc/net`.
 */
export async function kernelSendQueues(): Promise<ReadonlyMap<string, number>> {
  const queues = new Map<string, number>();
  for (const path of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const table = await readFile(path, 'latin1').catch(() => '');
    for (const [, local, remote, queued] of table.matchAll(connection)) {
      const ports = `${Number.parseInt(local as string, 16)}:${Number.parseInt(remote as string, 16)}`;
      queues.set(ports, (queues.get(ports) ?? 0) + Number.parseInt(queued as string, 16));
    }
  }
  return queues;
}

// `0: 0100007F:1F90 0100007F:9C40 01 00012345:00000000 …`: number, local address, remote address, state, bytes to send.
const connection = /^ *\d+: [\dA-F]+:([\dA-F]{4}) [\dA-F]+:([\dA-F]{4}) [\dA-F]{2} ([\dA-F]{8}):/gm;
