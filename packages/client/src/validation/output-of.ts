import {
  type Content,
  decodeOutput,
  hasRanges,
  isOneOf,
  type Operation,
  replyBody,
  type Validation,
  validate,
} from '@parley/contract';
import { brokenContract, describeIssues, type ErrorOrigin } from './broken-contract.ts';

/** The head of a reply, whatever brought it. */
export interface ReplyHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly origin: ErrorOrigin;
}

/** The body of a reply, read as the contract says. */
export interface ReplyBody {
  text(): string;
  content(): Content;
  /** It will not be read. */
  discard(): void;
}

/**
 * The output of an operation, from the reply of a success. A promise only where the schema is asynchronous.
 *
 * @throws CallError `invalid_reply` where the reply has another status or content type, is no JSON, or does not fit the schema
 */
export function outputOf(operation: Operation, reply: ReplyHead, body: ReplyBody): unknown {
  const { status, headers, origin } = reply;
  if (status !== operation.status && !isPart(operation, reply)) {
    body.discard();
    throw brokenContract(origin, `answered with status ${status}, not ${operation.status}`);
  }
  if (!operation.output) return undefined;
  const accept = (validation: Validation<unknown>) => {
    if (validation.issues) throw brokenContract(origin, describeIssues(validation.issues));
    return validation.value;
  };
  const validation = validate(operation.output, decodeOutput(operation, headers, bodyValue(operation, reply, body)));
  return validation instanceof Promise ? validation.then(accept) : accept(validation);
}

function bodyValue(operation: Operation, { status, headers, origin }: ReplyHead, body: ReplyBody): unknown {
  const expected = replyBody(operation);
  if (!expected) return {};
  const { format, types } = expected;
  if (format === 'json') {
    try {
      return JSON.parse(body.text());
    } catch {
      throw brokenContract(origin, `status ${status} came with a body that is not JSON`);
    }
  }
  const type = String(headers['content-type'] ?? '');
  if (!isOneOf(type, types)) {
    body.discard();
    throw brokenContract(origin, `answered with content type ${type || 'none'}, not ${types.join(' or ')}`);
  }
  return format === 'text' ? body.text() : body.content();
}

/** Whether a reply is the part that was asked for. */
function isPart(operation: Operation, { status, headers }: ReplyHead): boolean {
  return status === 206 && headers['content-range'] !== undefined && hasRanges(operation);
}
