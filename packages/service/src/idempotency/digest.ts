import { hash } from 'node:crypto';
import type { Operation } from '@parley/contract';

/**
 * Names a request in a store. Its caller and its operation are part of the name: equal keys of two callers never meet,
 * and a caller may use one key for each step of a task.
 */
export function keyDigest(key: string, owner: string, operation: Operation): string {
  return digest([owner, operation.label, key]);
}

/** Tells what a request asks for: the operation, and the input as it was sent, in whatever order its members came. */
export function fingerprintOf(operation: Operation, received: unknown): string {
  return digest([operation.label, received]);
}

function digest(value: unknown): string {
  return hash('sha256', JSON.stringify(value, inOrder), 'base64url');
}

function inOrder(_member: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value); // of a path
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
