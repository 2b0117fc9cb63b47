import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** How often an HTTP/2 server is pinged, in ms. Its answer doesn't wait for its handlers. */
export const pingIntervalMs = 1_000;

/** Pings without an answer until a connection counts as dead: more than a busy server misses. */
const silentIntervals = 5;

/** From here on new requests go to another connection. Not from the first on: this process itself may have paused. */
const doubtfulIntervals = 2;

/**
 * Destroys an HTTP/2 connection that has brought nothing for five pings, with `ETIMEDOUT`: a firewall has forgotten it, or
 * the host is gone. A request that is given up ends its stream only, and TCP gives up after a quarter of an hour: until
 * then each new request would be sent to nowhere. Leaves alone what speaks HTTP/1.1. No ping precedes a request: a
 * connection that was idle for `idleConnectionMs` is closed already. undici pings too, but does not miss the answers. The returned function
 * ends the watch.
 *
 * @param retire called after two pings: new requests then go to another connection
 */
export function destroyWhenSilent(socket: Socket, retire: () => void): () => void {
  if ((socket as TLSSocket).alpnProtocol !== 'h2') return () => {};
  let heardBytes = socket.bytesRead;
  let silent = 0;
  // Real time whatever the clock, as undici's pings are. Counted and not measured: after a pause of this process
  // one timer comes before all that has arrived in the meantime.
  const timer = setInterval(() => {
    silent = socket.bytesRead === heardBytes ? silent + 1 : 0;
    heardBytes = socket.bytesRead;
    if (silent === doubtfulIntervals) retire();
    if (silent < silentIntervals) return;
    socket.destroy(Object.assign(new Error('the server answers no pings'), { code: 'ETIMEDOUT' }));
  }, pingIntervalMs).unref();
  const end = () => clearInterval(timer);
  socket.once('close', end);
  return end;
}
