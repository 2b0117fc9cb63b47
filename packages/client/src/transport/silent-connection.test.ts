import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { destroyWhenSilent, pingIntervalMs } from './silent-connection.ts';

describe('destroyWhenSilent', () => {
  let socket: Socket;
  let heardBytes: number;
  let error: Error | undefined;
  let end: () => void;
  let retired: number;
  beforeEach(() => {
    jest.useFakeTimers();
    heardBytes = 100;
    error = undefined;
    socket = new Socket().on('error', (given) => {
      error = given;
    });
    Object.assign(socket, { alpnProtocol: 'h2' });
    Object.defineProperty(socket, 'bytesRead', { get: () => heardBytes });
    retired = 0;
    end = destroyWhenSilent(socket, () => retired++);
  });
  afterEach(() => {
    socket.destroy();
    jest.useRealTimers();
  });
  const pass = (intervals: number) => jest.advanceTimersByTimeAsync(intervals * pingIntervalMs);

  it('gives a connection five pings', async () => {
    await pass(4.9);
    expect(socket.destroyed).toBe(false);
    await pass(0.1);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', message: 'the server answers no pings' });
  });

  it('lets nothing new onto it after two', async () => {
    await pass(1.9);
    expect(retired).toBe(0);
    await pass(0.1);
    expect(retired).toBe(1);
    await pass(3);
    expect(retired).toBe(1);
  });

  it('keeps a connection that answers some of them', async () => {
    for (let i = 0; i < 20; i++) {
      await pass(4);
      heardBytes += 17;
    }
    expect(socket.destroyed).toBe(false);
  });

  it('watches until it is stopped', async () => {
    end();
    await pass(20);
    expect(socket.destroyed).toBe(false);
  });

  it('leaves no timer behind', async () => {
    expect(jest.getTimerCount()).toBe(1);
    socket.destroy();
    await pass(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});
