import { CliError } from '../cli-error.ts';
import { type DocumentedOperation, type OpenApiDocument, operationsOf } from '../openapi/document.ts';

/** A request that a rollout sends meanwhile, to see whether one is lost. */
export interface ProbeRequest {
  /** GET or POST. */
  readonly method: string;
  /** With its query. `{n}` stands for the number of the request, in the body too. */
  readonly path: string;
  /** JSON. */
  readonly body: string | undefined;
}

const written = /^(GET|POST)\s+(\/\S*)(?:\s+(\S.*))?$/s;

/**
 * Reads a probe as the command line has it: `GET /api/hello?name=x`, or `POST /api/visits {"name":"x"}`.
 *
 * @throws CliError where it is none
 */
export function probeRequest(text: string): ProbeRequest {
  const [, method, path, body] = written.exec(text.trim()) ?? [];
  if (method && path && (method === 'POST' || body === undefined) && isJson(body)) return { method, path, body };
  throw new CliError(
    'usage',
    `--probe: expected 'GET /path' or 'POST /path {"a":"JSON"}', got ${JSON.stringify(text)}: a POST is sent with an Idempotency-Key`,
  );
}

function isJson(text: string | undefined): boolean {
  if (text === undefined) return true;
  try {
    JSON.parse(text.replaceAll('{n}', '0'));
    return true;
  } catch {
    return false;
  }
}

/**
 * The first operation of a service that can be asked for as it is: a GET that needs no parameter and no token, and is no stream.
 *
 * @param limited names of operations that the gateway would refuse
 */
export function chosenProbe(document: OpenApiDocument, limited: ReadonlySet<string>): ProbeRequest | undefined {
  const found = operationsOf(document).find((one) => isPlainGet(one) && !limited.has(one.name));
  return found && { method: 'GET', path: found.path, body: undefined };
}

function isPlainGet({ method, path, parameters, responses, isProtected }: DocumentedOperation): boolean {
  const media = Object.values(responses).flatMap(({ content }) => Object.keys(content ?? {}));
  const isStream = media.some((type) => /event-stream|ndjson/.test(type));
  const isRequired = parameters.some(({ required }) => required);
  return method === 'get' && !path.includes('{') && !isRequired && !isProtected && !isStream;
}
