import {
  decodeOutput,
  describeIssues,
  isFormatted,
  type Operation,
  replyBody,
  type Validation,
  validate,
} from '@parley/contract';
import { brokenContract, type ErrorOrigin } from './broken-contract.ts';

/** A reply in one piece, whatever brought it. */
export interface WholeReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Empty where the body is not read yet. */
  readonly text: string;
  /** A body of bytes that is not read yet. */
  readonly unread?: { content(): unknown; discard(): void } | undefined;
  readonly origin: ErrorOrigin;
}

/**
 * The output of an operation, from the reply of a success. A promise only where the schema is asynchronous.
 *
 * @throws CallError `invalid_reply` where the reply has another status, is no JSON, has another content type, or does not fit the schema
 */
export function outputOf(operation: Operation, reply: WholeReply): unknown {
  const { status, headers, origin, unread } = reply;
  const isPart = unread && status === 206 && headers['content-range'] !== undefined;
  if (status !== operation.status && !isPart) {
    unread?.discard();
    throw brokenContract(origin, `answered with status ${status}, not ${operation.status}`);
  }
  if (!operation.output) return undefined;
  const body = bodyOf(operation, reply);
  const accept = (validation: Validation<unknown>) => {
    if (validation.issues) throw brokenContract(origin, describeIssues(validation.issues));
    return validation.value;
  };
  const validation = validate(operation.output, decodeOutput(operation, headers, body));
  return validation instanceof Promise ? validation.then(accept) : accept(validation);
}

function bodyOf(operation: Operation, { status, headers, text, unread, origin }: WholeReply): unknown {
  const body = replyBody(operation);
  if (!body) return {};
  const type = String(headers['content-type'] ?? 'none');
  if (isFormatted(body.schema)) {
    if (body.schema.accepts(type)) return unread ? unread.content() : text;
    unread?.discard();
    throw brokenContract(origin, `answered with content type ${type}, not ${body.types.join(' or ')}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw brokenContract(origin, `status ${status} came with a body that is not JSON`);
  }
}
