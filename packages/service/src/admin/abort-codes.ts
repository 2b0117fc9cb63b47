import type { ErrorCode } from '@parley/contract';

/** Codes that an injected fault may answer with: those that a service sends. */
export const abortCodes = [
  ...(['internal', 'unavailable', 'overloaded', 'rate_limited', 'deadline_exceeded'] as const),
  ...(['not_found', 'conflict', 'unauthenticated', 'permission_denied', 'rejected'] as const),
  ...(['upstream_unavailable', 'upstream_failed', 'upstream_timeout'] as const),
] as const satisfies readonly ErrorCode[];

/** One of {@link abortCodes}. */
export type AbortCode = (typeof abortCodes)[number];
