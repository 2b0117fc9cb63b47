import type { IncomingMessage } from 'node:http';

/** Whether a request has a body, by its headers: one that is not empty, or of a length that nobody tells. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
