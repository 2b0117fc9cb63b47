import { get } from 'node:http';
import { connect } from 'node:net';
import { loopback } from './ports.ts';

const probeTimeoutMs = 1_000;

/** Whether `/readyz` on this port answers 200. */
export async function answersReady(adminPort: number): Promise<boolean> {
  return (await statusOf(adminPort, '/readyz', probeTimeoutMs)) === 200;
}

/** Whether a path on this port is answered in time: with anything but a 5xx, as not every service has `/livez`. */
export async function answersAtAll(port: number, path: string, timeoutMs: number): Promise<boolean> {
  const status = await statusOf(port, path, timeoutMs);
  return status !== undefined && status < 500;
}

function statusOf(port: number, path: string, timeoutMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    // No agent: a kept connection would have to be waited for when the replica drains.
    const request = get({ host: loopback, port, path, agent: false, signal: AbortSignal.timeout(timeoutMs) });
    request.on('response', (response) => {
      response.on('error', () => {}).resume();
      resolve(response.statusCode);
    });
    request.on('error', () => resolve(undefined));
  });
}

/** Whether something accepts connections on this port. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: loopback, port, timeout: probeTimeoutMs });
    const settle = (isAccepted: boolean) => {
      socket.destroy();
      resolve(isAccepted);
    };
    socket.on('connect', () => settle(true));
    socket.on('timeout', () => settle(false));
    socket.on('error', () => settle(false));
  });
}
