import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { CallerIdentity } from '@parley/contract';

/**
 * Where a connection keeps its caller's identity. A property and no WeakMap: HTTP/2 shows each request a proxy of the
 * socket, which passes reads on but is never the same object.
 */
const identity = Symbol('caller identity');
const thumbprint = Symbol('certificate thumbprint');

interface Identified {
  [identity]?: CallerIdentity | undefined;
  [thumbprint]?: string;
}

/** Records the caller's identity, once per connection: reading a certificate costs more than a small request. */
export function identifyCaller(socket: TLSSocket & Identified): void {
  // `authorized` is false where no certificate was asked for, too.
  if (!socket.authorized) return;
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return;
  socket[thumbprint] = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  const names = namesIn(certificate.subjectAltName ?? '');
  const spiffeIds = names.filter((name) => name.startsWith('URI:spiffe://')).map((name) => name.slice('URI:'.length));
  const [spiffeId] = spiffeIds;
  socket[identity] = Object.freeze({
    subject: certificate.subject?.replaceAll('\n', ', ') ?? '',
    names,
    // The standard forbids more than one: a holder of two would be whichever is asked for.
    ...(spiffeId && spiffeIds.length === 1 && { spiffeId }),
  });
}

/** The identity of the caller at the other end of a connection; undefined without mutual TLS. */
export function callerOf(socket: (Socket & Identified) | undefined): CallerIdentity | undefined {
  return socket?.[identity];
}

/** The SHA-256 of the client certificate of a request's connection, as `x5t#S256` has it (RFC 8705); nothing without mutual TLS. */
export function thumbprintOf(socket: (Socket & Identified) | undefined): string | undefined {
  return socket?.[thumbprint];
}

// Sticky: from each place that begins no name the rest would be looked through again. Node quotes, as JSON, a name that holds what would look like the next one.
function namesIn(subjectAltName: string): string[] {
  return [...subjectAltName.matchAll(/([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy)].map(([, kind, value = '']) => {
    return `${kind}:${value.startsWith('"') ? JSON.parse(value) : value}`;
  });
}
