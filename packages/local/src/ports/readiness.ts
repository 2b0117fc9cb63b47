import { get } from 'node:http';
import { connect } from 'node:net';
import { loopback } from './ports.ts';

const probeTimeoutMs = 1_000;

/** How long a service without an operators' port must have accepted connections to be ready: time for that port to open. */
const settledMs = 500;

/** Whether a service can be used, and whether it still answers. */
export interface Probes {
  /** `pid` is that of its process: a process begins anew. */
  isReady(pid: number | undefined): Promise<boolean>;
  isAlive(timeoutMs: number): Promise<boolean>;
}

/**
 * Probes `/readyz` and `/livez` on a service's operators' port. A service that opens no such port is ready when it accepts
 * connections, and counts as alive as long as it runs. A port that accepted connections before the process did is another
 * program's. Scope: one per replica.
 */
export function createProbes(
  { port, adminPort }: { readonly port: number; readonly adminPort: number },
  nowMs: () => number = () => performance.now(),
): Probes {
  let hasAdminPort = false;
  let probed: { pid: number | undefined; hasRefused: boolean; acceptsSinceMs: number | undefined } | undefined;
  return {
    async isReady(pid) {
      const status = await statusOf(adminPort, '/readyz', probeTimeoutMs);
      hasAdminPort = status !== undefined;
      if (hasAdminPort) return status === 200;
      if (probed?.pid !== pid) probed = undefined;
      const now = { pid, hasRefused: false, acceptsSinceMs: undefined, ...probed };
      const accepts = await acceptsConnections(port);
      if (!accepts) now.hasRefused = true;
      now.acceptsSinceMs = accepts ? (now.acceptsSinceMs ?? nowMs()) : undefined;
      probed = now;
      const { acceptsSinceMs } = now;
      return now.hasRefused && acceptsSinceMs !== undefined && nowMs() - acceptsSinceMs >= settledMs;
    },
    isAlive: async (timeoutMs) => !hasAdminPort || answersAtAll(adminPort, '/livez', timeoutMs),
  };
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
