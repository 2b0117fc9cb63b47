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
  const { status, statusCode, message, expose } = thrown as Record<string, unknown>;
  const code = [status, statusCode].find((one) => Number.isInteger(one) && Number(one) >= 400 && Number(one) < 600);
  if (code === undefined) return thrown;
  const isShown = Number(code) < 500 && expose !== false && typeof message === 'string';
  const detail = isShown ? message : 'Something went wrong in this service';
  return new ForeignError(errorOfReply(Number(code), { type: 'about:blank', detail }, {}), thrown);
}
