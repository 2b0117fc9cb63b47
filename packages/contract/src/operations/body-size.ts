import { ownMembers } from '../members/own-members.ts';
import { inputMembers } from './input-members.ts';
import type { Operation } from './operation.ts';
import { standardBodyLimits } from './standard-body-limits.ts';

/** How large the body of an operation may be, as far as its contract says. */
export interface BodySize {
  /** `bodyLimits.maxBytes`, in bytes. Undefined where the contract has none. */
  readonly maxBytes?: number | undefined;
  /** What the files of its form may have together, in bytes. Files without a limit in their schema count for nothing. */
  readonly filesBytes: number;
}

/** Reads the size of an operation's body out of its contract. */
export function bodySizeOf(operation: Operation): BodySize {
  const { maxBytes, maxFiles: standard = standardBodyLimits.maxFiles } = ownMembers(operation.bodyLimits ?? {});
  const filesBytes = [...inputMembers(operation).files.values()].reduce(
    (sum, { isList, maxBytes = 0, maxFiles = standard }) => sum + maxBytes * (isList ? maxFiles : 1),
    0,
  );
  // A schema takes 0.1 MiB too.
  return { maxBytes, filesBytes: Math.floor(filesBytes) };
}

/**
 * The largest body of an operation in bytes: the number that service, gateway and `parley contracts check` go by.
 *
 * @param standard the limit of a body of which the contract says nothing, in bytes; a form may have it beside its files
 */
export function largestBody({ maxBytes, filesBytes }: BodySize, standard: number): number {
  return maxBytes ?? standard + filesBytes;
}
