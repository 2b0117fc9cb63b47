import { get } from 'node:http';
import { connect } from 'node:net';
import { loopback } from './ports.ts';

const probeTimeoutMs = 1_000;

/** Whether `/readyz` on this port answers 200. */
export function answersReady(adminPort: number): Promise<boolean> {
  return new Promise((resolve) => {
    // No agent: a kept connection would have to be waited for when the replica drains.
    const request = get({ host: loopback, port: adminPort, path: '/readyz', agent: false, timeout: probeTimeoutMs });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
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
