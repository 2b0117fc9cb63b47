import { CallError } from '@parley/contract';

/** The error of a body whose media type, charset or content coding the operation does not take. */
export function unsupported(detail: string): CallError {
  return new CallError('unsupported_media_type', detail);
}

/** The error of a body that cannot be parsed. */
export function malformed(what: string, cause?: unknown): CallError {
  return new CallError('malformed_body', `Body ${what}`, { cause });
}

/** The error of a body beyond a limit. */
export function tooLarge(excess: string): CallError {
  return new CallError('body_too_large', `Body ${excess}, the limit of this operation`);
}
