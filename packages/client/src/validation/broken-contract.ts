import { CallError } from '@parley/contract';

/** What an error says of the reply that it is about. */
export interface ErrorOrigin {
  /** Method and path template. */
  readonly operation?: string | undefined;
  readonly endpoint?: string | undefined;
  /** How many attempts the call has made. */
  readonly attempts?: number | undefined;
}

/** The error of a reply that is not what the contract says: `invalid_reply`. */
export function brokenContract({ operation, endpoint, attempts }: ErrorOrigin, detail: string): CallError {
  return new CallError('invalid_reply', `breaks the contract: ${detail}`, { operation, endpoint, attempts });
}
