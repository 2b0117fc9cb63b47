import type { Connections } from '../transport/connections.ts';

/** The connections of a transport that keeps none. */
export const noConnections: Connections = {
  counts: { open: 0, idle: 0, pending: 0, queued: 0, running: 0, reused: 0, closedByAge: 0 },
  close: async () => {},
};
