import { decodeOutput, type Operation, type Validation, validate } from '@parley/contract';
import { brokenContract, describeIssues, type ErrorOrigin } from './broken-contract.ts';

/** A reply in one piece, whatever brought it. */
export interface WholeReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly origin: ErrorOrigin;
}

/**
 * The output of an operation, from the reply of a success. A promise only where the schema is asynchronous.
 *
 * @throws CallError `invalid_reply` where the reply has another status, is no JSON, or does not fit the schema
 */
export function outputOf(operation: Operation, { status, headers, text, origin }: WholeReply): unknown {
  if (status !== operation.status) {
    throw brokenContract(origin, `answered with status ${status}, not ${operation.status}`);
  }
  if (!operation.output) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw brokenContract(origin, `status ${status} came with a body that is not JSON`);
  }
  const accept = (validation: Validation<unknown>) => {
    if (validation.issues) throw brokenContract(origin, describeIssues(validation.issues));
    return validation.value;
  };
  const validation = validate(operation.output, decodeOutput(operation, headers, body));
  return validation instanceof Promise ? validation.then(accept) : accept(validation);
}
