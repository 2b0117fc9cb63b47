import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { LocalError } from '../local-error.ts';

/** Loopback ports that no other launcher takes. */
export interface ReservedPorts {
  readonly ports: readonly number[];
  /** Lets others have them. */
  close(): void;
}

/** The address that everything local listens on. */
export const loopback = '127.0.0.1';

// Below the ephemeral ranges of Linux (32768), macOS and Windows (49152): no outgoing connection can sit on
// a port that a restarted replica wants back.
const firstBlock = 20_000;
const blockSize = 100;
const blockCount = 100;

/**
 * Reserves free ports: the same ones for the same folder, so that what reads metrics finds them again after a restart. A launcher
 * holds the first port of a block of 100 for as long as it lives, and so has the rest of the block to itself among
 * launchers. It takes the next block where another launcher has this one, and the next port where another program has this one.
 */
export async function reservePorts(count: number, folder: string): Promise<ReservedPorts> {
  const start = createHash('sha256').update(folder).digest().readUInt32BE() % blockCount;
  for (let offset = 0; offset < blockCount; offset++) {
    const first = firstBlock + ((start + offset) % blockCount) * blockSize;
    const lock = await listenOn(first).catch(() => undefined);
    if (!lock) continue;
    lock.unref();
    const ports = await freePorts(first + 1, count);
    if (ports.length === count) return { ports, close: () => lock.close() };
    lock.close();
  }
  throw new LocalError(
    `expected ${count} free ports next to each other between 20000 and 30000, found none: scale down`,
  );
}

/** Whether a port can be listened on, or the error code of the failure. */
export async function portProblem(port: number): Promise<string | undefined> {
  try {
    const server = await listenOn(port);
    await new Promise((resolve) => server.close(resolve));
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown error';
  }
}

async function freePorts(first: number, count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = first; port < first - 1 + blockSize && ports.length < count; port++) {
    if (!(await portProblem(port))) ports.push(port);
  }
  return ports;
}

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen({ port, host: loopback, exclusive: true }, () => resolve(server));
  });
}
