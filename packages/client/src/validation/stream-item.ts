import {
  type CallError,
  describeIssues,
  errorOfReply,
  type Operation,
  type Problem,
  type Stream,
  type StreamFrame,
  validate,
} from '@parley/contract';
import { brokenContract, type ErrorOrigin } from './broken-contract.ts';
import { declaredError } from './declared-error.ts';

/** What the first bytes of a reply say of it, whatever brought it. */
export interface StreamHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly origin: ErrorOrigin;
}

/** The error of a reply that is not the stream that the operation answers with; undefined where it is that stream. */
export function streamFault({ status, headers, origin }: StreamHead, expected: number, mediaType: string) {
  const type = String(headers['content-type'] ?? 'none').toLowerCase();
  if (status === expected && type.split(';', 1)[0]?.trim() === mediaType) return undefined;
  const wanted = status === expected ? mediaType : `${expected} and ${mediaType}`;
  return brokenContract(origin, `answered with status ${status} and content type ${type}, not ${wanted}`);
}

/** One operation whose output is a stream. */
export type StreamingOperation = Operation & { readonly output: Stream };

/**
 * The item of a stream that a frame holds, as the schema gives it.
 *
 * @throws CallError the error that the service ended the stream with, or `invalid_reply` where the item does not fit the schema
 */
export async function itemOf(
  operation: StreamingOperation,
  frame: Exclude<StreamFrame, { kind: 'end' }>,
  origin: ErrorOrigin,
): Promise<unknown> {
  if (frame.kind === 'problem') throw await declaredError(operation, errorOf(frame.problem, origin));
  const validation = await validate(operation.output, frame.value);
  if (validation.issues) throw brokenContract(origin, describeIssues(validation.issues));
  return validation.value;
}

function errorOf(problem: Problem | undefined, { operation, endpoint, attempts }: ErrorOrigin): CallError {
  const status = Number(problem?.status);
  return errorOfReply(status >= 400 && status < 600 ? status : 500, problem, { operation, endpoint, attempts });
}
