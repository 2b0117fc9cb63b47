import { CallError, errorOfReply } from '@parley/contract';

/** An error of an app that is no contract's, with what its caller may see of it. */
export class ForeignError {
  readonly error: CallError;
  /** For the log. */
  readonly original: unknown;

  constructor(error: CallError, original: unknown) {
    this.error = error;
    this.original = original;
  }
}

/**
 * Reads an error as Express does: its `status` or `statusCode` is the answer's, 500 without a valid one. The caller sees the
 * message below 500 only, unless the error says `expose: false`. A CallError is given back as it is.
 */
export function foreignError(thrown: unknown): unknown {
  if (thrown instanceof CallError || typeof thrown !== 'object' || thrown === null) return thrown;
  const code = ['status', 'statusCode'].map((name) => memberOf(thrown, name)).find(isStatus);
  if (code === undefined) return thrown;
  const message = memberOf(thrown, 'message');
  const isShown = code < 500 && memberOf(thrown, 'expose') !== false && typeof message === 'string';
  const detail = isShown ? message : 'Something went wrong in this service';
  return new ForeignError(errorOfReply(code, { type: 'about:blank', detail }, {}), thrown);
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 400 && Number(value) < 600;
}

/** A member of an error or of its class, and none that somebody has put into `Object.prototype`. */
function memberOf(error: object, name: string): unknown {
  if (!Object.hasOwn(error, name) && Object.hasOwn(Object.prototype, name)) return undefined;
  return (error as Record<string, unknown>)[name];
}
