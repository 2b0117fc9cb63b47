import { randomHex } from '../random/random-ids.ts';
import { isSampledBy } from './sampling.ts';
import { parseTracestate } from './trace-state.ts';

/** Where a piece of work stands in a distributed trace. W3C Trace Context level 2. */
export interface TraceContext {
  /** 32 hex digits, the same for everything one request causes. */
  readonly traceId: string;
  /** 16 hex digits, this hop's own. */
  readonly spanId: string;
  /** The span that caused this one. Absent: this is the root of the trace, or it is not known. */
  readonly parentSpanId?: string;
  readonly isSampled: boolean;
  /** The right half of the trace id is random: a sampler may use it as its dice. Absent: unknown. */
  readonly isRandom?: boolean;
  /** Vendors' own data, handed on where it is well-formed: up to 512 characters of it. */
  readonly state?: string;
}

const sampledFlag = 1;
const randomFlag = 2;

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Reads a `traceparent` header by W3C Trace Context level 2 §3.2: unknown versions are read like version 00,
 * anything malformed or all-zero is as if it were absent. `state` is the `tracestate` header: a malformed one is dropped.
 */
export function parseTraceparent(header: string | undefined, state?: string): TraceContext | undefined {
  if (!header) return undefined;
  const [, version, traceId, spanId, flags, rest] = pattern.exec(header) ?? [];
  if (!version || !traceId || !spanId || !flags) return undefined;
  if (version === 'ff' || (version === '00' && rest)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const bits = Number.parseInt(flags, 16);
  const trace = { traceId, spanId, isSampled: (bits & sampledFlag) !== 0 };
  const isRandom = (bits & randomFlag) !== 0;
  const known = parseTracestate(state);
  if (!isRandom && known === undefined) return trace;
  return { ...trace, ...(isRandom && { isRandom }), ...(known !== undefined && { state: known }) };
}

/** The `traceparent` header for the next hop. */
export function formatTraceparent({ traceId, spanId, isSampled, isRandom }: TraceContext): string {
  const flags = (isSampled ? sampledFlag : 0) | (isRandom ? randomFlag : 0);
  return `00-${traceId}-${spanId}-0${flags}`;
}

/** A span of its own below `parent`; the root of a new trace where there is none. Sampled as {@link sampleBy} says. */
export function childTrace(parent?: TraceContext): TraceContext {
  const spanId = randomHex(8);
  if (parent) {
    const { traceId, spanId: parentSpanId, isSampled } = parent;
    return { ...parent, spanId, parentSpanId, isSampled: isSampledBy(traceId, isSampled) };
  }
  const traceId = randomHex(16);
  return { traceId, spanId, isSampled: isSampledBy(traceId, undefined), isRandom: true };
}

/**
 * The span of a server in the trace of its caller, whose span it is below. Of a trace that Parley's gateway began it is the
 * root, since the gateway exports no span; its sampling is decided here.
 */
export function receivedTrace(parent: TraceContext | undefined): TraceContext {
  if (!parent || !isBegunByGateway(parent)) return childTrace(parent);
  const { traceId } = parent;
  return { traceId, spanId: randomHex(8), isSampled: isSampledBy(traceId, undefined) };
}

// nginx has one random id per request: it takes the first half of it for the span, and sets the one flag.
function isBegunByGateway({ traceId, spanId, isSampled, isRandom, state }: TraceContext): boolean {
  return traceId.startsWith(spanId) && isSampled && !isRandom && state === undefined;
}
