import { hash } from 'node:crypto';
import type { Call } from '../layer.ts';
import type { RequestBody } from '../transport/body-source.ts';

const maxReadable = 512;
const maxOfBody = 256;

/**
 * Names what a request asks for: method, path and query, and of a body its length and how it begins,
 * because to read all of a large one would cost more than it tells. Headers don't count.
 */
export function fingerprint({ label, path, body }: Call): string {
  const asked = path.length <= maxReadable ? path : hash('sha1', path);
  return `${label} ${asked}${body === undefined ? '' : beginning(body)}`;
}

function beginning(body: RequestBody): string {
  if (typeof body === 'string') return ` ${body.length} ${body.slice(0, maxOfBody)}`;
  if (!(body instanceof Uint8Array)) return ''; // a stream: read once only, when it is sent
  return ` ${body.length} ${Buffer.from(body.subarray(0, maxOfBody)).toString('latin1')}`;
}
