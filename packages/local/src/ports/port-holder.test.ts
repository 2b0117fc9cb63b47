import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { holdersFromLsof, holderWords, portHolder } from './port-holder.ts';

const server = createServer();
let port: number;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.close();
});

describe('portHolder', () => {
  it('finds the process that listens on a port, and says which it is', () => {
    expect(portHolder(port)?.pid).toBe(process.pid);
    expect(holderWords(port)).toMatch(new RegExp(`^by pid ${process.pid} \\(.*node.*\\)$`));
  });

  it('finds it with lsof too, where lsof is installed', () => {
    // Not an error where it is not: the sentence then says less.
    expect([[process.pid], []]).toContainEqual(holdersFromLsof(port));
  });

  it('finds nothing where nothing listens', async () => {
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const { port: free } = other.address() as AddressInfo;
    await new Promise((resolve) => other.close(resolve));
    expect(portHolder(free)).toBeUndefined();
    expect(holdersFromLsof(free)).toEqual([]);
    expect(holderWords(free)).toBe('by a process that this user cannot look into');
  });
});
