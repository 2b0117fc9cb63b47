import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ownMembers } from '@parley/contract';
import { ConfigError } from '../process/config-error.ts';

/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** How many connections the kernel holds until the process accepts them. It bounds this by `somaxconn`. Default: Node's 511. */
  readonly backlog?: number;
  /** The environment variable that sets the port: named in the error. */
  readonly variable: string;
}

/**
 * Listens, and answers with the port once connections are accepted.
 *
 * @throws ConfigError where the port is taken or forbidden, or the host is none of this machine
 */
export function listen(server: Server, address: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(new ConfigError(sentenceOf(error, address)));
    server.once('error', onError);
    const { port, host, backlog = 511 } = address;
    // Own members: of three arguments Node makes an object that inherits a `handle`, where there is one.
    server.listen(ownMembers({ port, host, backlog }), () => {
      server.off('error', onError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function sentenceOf({ code, message }: NodeJS.ErrnoException, { host, port, variable }: ListenAddress): string {
  const where = `cannot listen on ${host}:${port}`;
  if (code === 'EADDRINUSE') {
    return `${where}: the port is taken; stop the process that has it, or set ${variable} to another (0 for any free one)`;
  }
  if (code === 'EACCES') return `${where}: the system forbids this port; set ${variable} to one from 1024 up`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `${where}: HOST is no address of this machine; set it to one, or to 0.0.0.0 for all`;
  }
  return `${where}: ${message}`;
}
