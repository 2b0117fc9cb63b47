import { type CallLayer, createClient, createUpstream } from '@parley/client';
import { boundedText, type CallError, isCallError, isRecord, type Operation, type Story } from '@parley/contract';
import { CliError } from '../cli-error.ts';
import { contractOf, inputIssues } from './contract-of.ts';
import { bearer, credentialHeader } from './credential-header.ts';
import type { DocumentedOperation, OpenApiDocument } from './document.ts';
import { givenInput, type ReadFile } from './given-input.ts';
import { documentedInput } from './input-members.ts';
import type { Root } from './json-check.ts';

/** One call that the command line asks for. */
export interface Call {
  readonly service: string;
  readonly addresses: readonly string[];
  readonly document: OpenApiDocument;
  readonly operation: DocumentedOperation;
  /** `name=value`, as they were typed. */
  readonly words: readonly string[];
  readonly readFile: ReadFile;
  /** Whether the input is checked by the document before it is sent. */
  readonly isChecked: boolean;
  readonly isExplained: boolean;
  /** For a stream: to its first item. */
  readonly timeoutMs: number;
  readonly idempotencyKey: string | undefined;
  /** Bearer token, or API key, for operations that ask for one. */
  readonly token: string | undefined;
}

/** What came of a call. */
export interface CallResult {
  /** What the operation gave: JSON, a text, a `Content`, or an `AsyncIterable` of a stream's items. */
  readonly value: unknown;
  readonly story: Story | undefined;
}

type Method = ((input: object, options: object) => unknown) & {
  explain?: (input: object, options: object) => Promise<CallResult>;
};

/**
 * Calls an operation through the typed client, with a contract made of its document.
 *
 * @param use reads the result while the connection is there: the items of a stream, bytes
 * @throws CliError with what is wrong with the input, or how the call failed
 */
export async function callOperation(call: Call, use: (result: CallResult) => Promise<void>): Promise<void> {
  const { service, addresses, operation, document, isExplained, timeoutMs, idempotencyKey, token } = call;
  const root = document as Root;
  const input = documentedInput(operation, root);
  const given = await givenInput(call.words, { input, root, readFile: call.readFile, isChecked: call.isChecked });
  const issues = call.isChecked ? inputIssues(given, input, root) : [];
  if (issues.length > 0) {
    throw new CliError(
      'usage',
      `${operation.name}: expected an input that fits its contract, got one that does not (--no-check sends it all the same)`,
      {
        lines: issues.map(({ path, message }) => `  ${path || 'input'} ${message}`),
        data: { code: 'invalid_input', issues },
      },
    );
  }
  if (idempotencyKey !== undefined && !input.isKeyed) {
    throw new CliError(
      'usage',
      `--idempotency-key: expected an operation that remembers keys, got ${operation.name}, which does not: leave it out`,
    );
  }
  const contract = contractOf(service, operation, input, root);
  const header = credentialHeader(operation, document);
  const upstream = createUpstream(service, addresses, {
    callTimeoutMs: timeoutMs,
    attemptTimeoutMs: timeoutMs,
    firstItemTimeoutMs: timeoutMs,
    ...(token !== undefined && header !== undefined && sending(token, header)),
  });
  const method = (createClient(contract, upstream) as Readonly<Record<string, unknown>>)[operation.name] as Method;
  const options = idempotencyKey === undefined ? {} : { idempotencyKey };
  try {
    if (!isExplained) await use({ value: await method(given, options), story: undefined });
    else if (method.explain) await use(await method.explain(given, options));
    else
      throw new CliError(
        'usage',
        `--explain: expected an operation with one reply, got ${operation.name}, which is a stream: leave it out`,
      );
  } catch (error) {
    if (!isCallError(error)) throw error;
    throw failed(error, contract.operations[operation.name], { isExplained, remedy: remedyFor(header, token) });
  } finally {
    await upstream.close();
  }
}

/** Options of an upstream that send a credential in a header. */
function sending(token: string, header: string) {
  if (header === bearer) return { token: () => token };
  const withKey: CallLayer = (next) => (call) => next({ ...call, headers: { ...call.headers, [header]: token } });
  return { layers: { call: [withKey] } };
}

/** What to do where the service does not know its caller. */
function remedyFor(header: string | undefined, token: string | undefined): string {
  if (header === undefined) return 'parley call sends bearer tokens, and API keys in headers: use curl';
  if (token !== undefined) return `it has refused PARLEY_TOKEN, sent as ${header}`;
  return `set PARLEY_TOKEN to ${header === bearer ? 'a token' : 'a key'} for it`;
}

/** The error of a call, for the person at the keyboard. */
function failed(
  error: CallError,
  operation: Pick<Operation, 'label'> | undefined,
  { isExplained, remedy: unknownCaller }: { readonly isExplained: boolean; readonly remedy: string },
): CliError {
  const { code, status, detail, issues = [], story, attempts, data } = error;
  const label = operation?.label ?? error.operation;
  const remedy = code === 'unauthenticated' ? `: ${unknownCaller}` : '';
  const tries = attempts === undefined || attempts === 1 ? '' : ` after ${attempts} attempts`;
  return new CliError('failed', `${label}: expected a reply, got ${code} (${status})${tries}: ${detail}${remedy}`, {
    lines: [
      ...issues.map(({ path, message }) => `  ${path || 'input'} ${message}`),
      ...dataLines(data),
      ...(isExplained && story ? ['', String(story)] : []),
    ],
    data: {
      code,
      status,
      detail,
      ...(issues.length > 0 && { issues }),
      ...(data !== undefined && { data }),
      ...(isExplained && { story }),
    },
  });
}

/** Characters of one member of an error's data that are shown. */
const mostShown = 400;

/** The data of a contract's own error, a line for each member. */
function dataLines(data: unknown): readonly string[] {
  if (!isRecord(data)) return [];
  return Object.entries(data).map(([name, value]) => `  ${name}: ${boundedText(JSON.stringify(value), mostShown)}`);
}
