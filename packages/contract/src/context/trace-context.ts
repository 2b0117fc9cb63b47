import { randomBytes } from 'node:crypto';

/** Where a piece of work stands in a distributed trace. W3C Trace Context level 1. */
export interface TraceContext {
  /** 32 hex digits, the same for everything one request causes. */
  readonly traceId: string;
  /** 16 hex digits, this hop's own. */
  readonly spanId: string;
  readonly isSampled: boolean;
  /** Vendors' own data, handed on: members beyond 512 characters are left out. */
  readonly state?: string;
}

/** Characters of a `tracestate` that are handed on: what W3C Trace Context §3.3.1.5 asks for at least. */
const maxStateLength = 512;

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Reads a `traceparent` header by W3C Trace Context §3.2: unknown versions are read like version 00,
 * anything malformed or all-zero is as if it were absent.
 */
export function parseTraceparent(header: string | undefined, state?: string): TraceContext | undefined {
  if (!header) return undefined;
  const [, version, traceId, spanId, flags, rest] = pattern.exec(header) ?? [];
  if (!version || !traceId || !spanId || !flags) return undefined;
  if (version === 'ff' || (version === '00' && rest)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1, ...boundedState(state) };
}

// The members that are newest come first. Whole ones: half a member would be another vendor's fault.
function boundedState(state: string | undefined): { state?: string } {
  if (!state) return {};
  if (state.length <= maxStateLength) return { state };
  const end = state.lastIndexOf(',', maxStateLength);
  return end > 0 ? { state: state.slice(0, end) } : {};
}

/** The `traceparent` header for the next hop. */
export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** A span of its own below `parent`; the root of a new trace where there is none. */
export function childTrace(parent?: TraceContext): TraceContext {
  const spanId = randomHex(8);
  return parent ? { ...parent, spanId } : { traceId: randomHex(16), spanId, isSampled: true };
}

// One call of the system's generator serves many ids: a call of its own for each would cost more than the rest of a trace.
const pool = Buffer.alloc(4096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomBytes(pool.length).copy(pool);
    used = 0;
  }
  used += bytes;
  const id = pool.toString('hex', used - bytes, used);
  return /^0+$/.test(id) ? randomHex(bytes) : id;
}
