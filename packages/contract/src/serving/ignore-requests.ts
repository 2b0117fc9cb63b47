/**
 * Has `node:http` take no more requests from a connection: it reads what comes, and throws it away. Destroying the socket
 * does not do that: Node parses the rest of what it has read, up to 64 KiB of it, and keeps each request and its response
 * until the turn of the event loop is over. A hundred connections are enough then to fill a heap of 200 MB.
 *
 * @param socket of an HTTP/1.1 connection of Node
 */
export function ignoreRequests(socket: object): void {
  const { parser } = socket as { readonly parser?: { onIncoming: unknown } | null };
  if (parser) parser.onIncoming = () => 0;
}
