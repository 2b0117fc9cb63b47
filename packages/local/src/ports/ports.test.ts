import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { loopback, portProblem, reservePorts } from './ports.ts';

describe('reservePorts', () => {
  it('gives ports below the ephemeral range that can be listened on', async () => {
    const reserved = await reservePorts(10, 'shop');
    expect(new Set(reserved.ports).size).toBe(10);
    for (const port of reserved.ports) {
      expect(port).toBeLessThan(30_000);
      expect(await portProblem(port)).toBeUndefined();
    }
    reserved.close();
  });

  it('gives a folder the same ports again', async () => {
    const first = await reservePorts(10, 'again');
    first.close();
    const second = await reservePorts(10, 'again');
    second.close();
    expect(second.ports).toEqual(first.ports);
  });

  it('never gives two launchers the same port, even if both begin to look at the same place', async () => {
    const both = await Promise.all([reservePorts(10, 'shop'), reservePorts(10, 'shop')]);
    expect(new Set(both.flatMap(({ ports }) => ports)).size).toBe(20);
    for (const { close } of both) close();
  });

  it('passes over a port that something else uses', async () => {
    const probe = await reservePorts(2, 'ports');
    const [taken = 0] = probe.ports;
    probe.close();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(taken, loopback, resolve));
    const reserved = await reservePorts(2, 'ports');
    expect(reserved.ports).not.toContain(taken);
    expect(await portProblem(taken)).toBe('EADDRINUSE');
    reserved.close();
    other.close();
  });

  it('says when there are not enough', async () => {
    await expect(reservePorts(200, 'shop')).rejects.toThrow('expected 200 free ports next to each other');
  });
});
