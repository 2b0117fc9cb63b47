import { hash } from 'node:crypto';
import type { CallContext, Operation } from '@parley/contract';

/** Names a request in a store. Who sent it is part of it, so that equal keys of two callers never meet. */
export function keyDigest(key: string, { caller, principal }: CallContext): string {
  // Both: behind a gateway its certificate is that of all callers.
  return digest([caller?.spiffeId ?? caller?.subject ?? '', principal?.issuer ?? '', principal?.subject ?? '', key]);
}

/** Tells what a request asks for: the operation, and the input as it was sent, in whatever order its members came. */
export function fingerprintOf(operation: Operation, received: unknown): string {
  return digest([operation.label, received]);
}

function digest(value: unknown): string {
  return hash('sha256', JSON.stringify(value, inOrder), 'base64url');
}

function inOrder(_member: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
