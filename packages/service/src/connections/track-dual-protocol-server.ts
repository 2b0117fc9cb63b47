import type { DualProtocolServer } from './dual-protocol-server.ts';
import { type Connections, trackConnections } from './track-connections.ts';
import { trackSessions } from './track-sessions.ts';

/** Watches the connections of both protocols as one. Call it before the server listens. */
export function trackDualProtocolServer({ server, http2 }: DualProtocolServer): Connections {
  const sessions = trackSessions(http2);
  const connections = trackConnections(server);
  return {
    get isClosing() {
      return connections.isClosing;
    },
    *replies() {
      yield* connections.replies();
      yield* sessions.replies();
    },
    startClosing() {
      sessions.startClosing();
      connections.startClosing();
    },
    async close(timeoutMs) {
      // Sessions first: below them are connections, whose own limit would cut requests before they are counted.
      const cutOff = await Promise.all([sessions.close(timeoutMs), connections.close(timeoutMs)]);
      return cutOff.reduce((sum, count) => sum + count);
    },
  };
}
