import { stringify } from 'node:querystring';
import { Readable } from 'node:stream';
import { ownMembers } from '@parley/contract';
import { PartsSource, type RequestBody, StreamSource } from '../transport/body-source.ts';
import {
  type Dispatcher,
  errors,
  FormData as UndiciFormData,
  Response as UndiciResponse,
} from '../transport/undici.ts';
import type { PlainRequest } from './plain-request.ts';

/** A body of known length up to this is read before it is sent, so that it can be sent again. In bytes. */
const mostKeptBytes = 1024 * 1024;

/** Options of connections, which belong to the upstream. undici's interceptors and `fetch` set some of them to nothing. */
const ofConnections = ['reset', 'servername', 'typeOfService', 'expectContinue', 'throwOnError', 'maxRedirections'];

/** What undici's own functions give to `dispatch`. */
export type DispatchedOptions = Omit<Dispatcher.DispatchOptions, 'body'> & { readonly body?: unknown };

/**
 * Reads the options of `dispatch`, as undici reads them. The origin does not count.
 *
 * @throws InvalidArgumentError for what undici would refuse too
 * @throws NotSupportedError for an upgrade, CONNECT, and options of connections
 */
export function dispatchedRequest(given: DispatchedOptions, signal: AbortSignal): PlainRequest {
  const options = ownMembers(given);
  const { method, headersTimeout, idempotent } = options;
  if (typeof method !== 'string') throw new errors.InvalidArgumentError(`method must be a text, not ${typeof method}`);
  refuseUnsupported(options);
  const headers = headersOf(options.headers);
  return {
    method: method.toUpperCase(),
    path: pathOf(options),
    headers,
    body: bodyOf(options.body, headers),
    signal,
    // Who dispatches follows redirects and undoes codings, as with a dispatcher of undici.
    maxRedirects: 0,
    streamWire: { decompress: false },
    isRepeatable: idempotent,
    timeoutMs: timeLimitMs('headersTimeout', headersTimeout),
  };
}

/** A time limit of `dispatch` in ms; undefined where the upstream's own holds. @throws InvalidArgumentError for anything but a number from 0 on */
export function timeLimitMs(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null || value === 0) return undefined;
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw new errors.InvalidArgumentError(`${name} must be a number of ms from 0 on, not ${String(value)}`);
}

/** The same request with a short body read, so that it can be sent again. Throws what reading it throws. */
export async function withShortBodyRead(request: PlainRequest): Promise<PlainRequest> {
  const { body } = request;
  if (!(body instanceof StreamSource) || body.length === undefined || body.length > mostKeptBytes) return request;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    // undici's words for it, over HTTP/2 as well.
    if (size > body.length) break;
  }
  if (size !== body.length) throw new errors.RequestContentLengthMismatchError();
  return { ...request, body: Buffer.concat(chunks) };
}

function refuseUnsupported(options: DispatchedOptions): void {
  const { method, upgrade } = options;
  if (upgrade || method.toUpperCase() === 'CONNECT') {
    const asked = upgrade ? `an upgrade to ${String(upgrade)}` : 'CONNECT';
    throw new errors.NotSupportedError(
      `an upstream passes requests on, not ${asked}: use a dispatcher of undici for it, such as Agent`,
    );
  }
  const refused = ofConnections.find((name) => options[name as keyof DispatchedOptions]);
  if (refused === undefined) return;
  throw new errors.NotSupportedError(`${refused} is not for an upstream, which owns its connections: leave it out`);
}

function pathOf({ path, query }: DispatchedOptions): string {
  if (typeof path !== 'string' || path[0] !== '/') {
    throw new errors.InvalidArgumentError(`path must begin with a slash, not be ${String(path).slice(0, 100)}`);
  }
  if (!query) return path;
  if (/[?#]/.test(path)) throw new errors.InvalidArgumentError('a path with ? or # must come without query');
  const written = stringify(query);
  return written ? `${path}?${written}` : path;
}

/** Headers in each form that undici takes; several values of a name are one line, as RFC 9110 §5.3 has it. */
function headersOf(given: unknown): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const pair of pairsOf(given)) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new errors.InvalidArgumentError('headers must be pairs of name and value');
    }
    const [key, value] = pair;
    if (value === undefined) continue;
    const name = String(key).toLowerCase();
    if (name === 'host' && headers.host !== undefined) throw new errors.InvalidArgumentError('duplicate host header');
    const line = (Array.isArray(value) ? value : [value]).map(textOf).join(separatorOf(name));
    headers[name] = headers[name] === undefined ? line : headers[name] + separatorOf(name) + line;
  }
  return headers;
}

const separatorOf = (name: string) => (name === 'cookie' ? '; ' : ', ');

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (typeof value === 'object' && value !== null) {
    throw new errors.InvalidArgumentError('the value of a header must be a text or a list of texts, not an object');
  }
  return String(value ?? '');
}

function pairsOf(given: unknown): Iterable<unknown> {
  if (given === undefined || given === null) return [];
  if (typeof given !== 'object') throw new errors.InvalidArgumentError('headers must be an object or an array');
  if (!Array.isArray(given)) return Symbol.iterator in given ? (given as Iterable<unknown>) : Object.entries(given);
  if (given.length % 2 !== 0) throw new errors.InvalidArgumentError('headers array must be even');
  return Array.from({ length: given.length / 2 }, (_, at) => [given[2 * at], given[2 * at + 1]]);
}

/** A body in each form that undici takes. Sets the type of a form. */
function bodyOf(given: unknown, headers: Record<string, string>): RequestBody | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'string') return given;
  if (given instanceof Uint8Array) return given;
  if (given instanceof ArrayBuffer) return new Uint8Array(given);
  if (ArrayBuffer.isView(given)) return new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  if (given instanceof Blob) return new PartsSource([given]);
  if (given instanceof FormData || given instanceof UndiciFormData) return formOf(given, headers);
  if (given instanceof Readable) return sent(given, headers);
  if (typeof given === 'object' && (Symbol.asyncIterator in given || Symbol.iterator in given)) {
    return sent(Readable.from(given as AsyncIterable<unknown>), headers);
  }
  throw new errors.InvalidArgumentError(
    'body must be a text, bytes, a Blob, a form, a Readable or an iterable of bytes: what came is none of them',
  );
}

function sent(stream: Readable, headers: Readonly<Record<string, string>>): StreamSource {
  const length = headers['content-length'];
  return new StreamSource(stream, length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined);
}

function formOf(form: FormData | InstanceType<typeof UndiciFormData>, headers: Record<string, string>): StreamSource {
  const encoded = form instanceof UndiciFormData ? new UndiciResponse(form) : new Response(form);
  headers['content-type'] ??= encoded.headers.get('content-type') ?? '';
  return sent(Readable.fromWeb(encoded.body as Parameters<typeof Readable.fromWeb>[0]), headers);
}
