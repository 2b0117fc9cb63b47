import { type EndedConnection, linger } from './linger.ts';

/** An HTTP/1.1 connection of Node, as far as this needs it. */
export interface IgnoredConnection extends EndedConnection {
  /** Node calls it after the last reply. */
  destroySoon(): void;
}

/**
 * Has `node:http` take no more requests from a connection: it reads what comes, and throws it away, also for a moment after
 * the last reply. Destroying the socket does not do that: Node parses the rest of what it has read, up to 64 KiB of it, and
 * keeps each request and its response until the turn of the event loop is over. A hundred connections are enough then to
 * fill a heap of 200 MB.
 */
export function ignoreRequests(socket: IgnoredConnection): void {
  const { parser } = socket as { readonly parser?: { onIncoming: unknown } | null };
  if (parser) parser.onIncoming = ignore;
  // A close with bytes unread resets the connection, and the client loses what it has not read yet.
  socket.destroySoon = () => linger(socket);
}

function ignore(request: { upgrade: boolean; resume(): unknown }): number {
  // For an upgrade or a tunnel Node would take the connection from the replies that it owes, or destroy it.
  request.upgrade = false;
  // A body that nobody reads stops the connection, and with it the news that the client has gone.
  request.resume();
  return 0;
}
