import {
  bodySizeOf,
  boundedText,
  CallError,
  inputMembers,
  isJson,
  isOneOf,
  largestBody,
  type Operation,
  type OperationBody,
  ownMembers,
  queryParser,
  requestBody,
  standardBodyLimits,
} from '@parley/contract';
import type { Request, RequestHandler, Response } from 'express';
import { standardOptions } from '../process/standard-options.ts';
import { keptBody, standardBodyLimitBytes } from '../requests/body-bytes.ts';
import { type ContentDecoder, contentDecoders } from '../requests/content-decoding.ts';
import { hasBody } from '../requests/has-body.ts';
import { parsedJson, textIn } from '../requests/json-body.ts';
import type { JsonLimits } from '../requests/json-limits.ts';
import { type MultipartLimits, readMultipart } from '../requests/multipart-body.ts';
import { receivedContent } from '../requests/received-content.ts';
import { malformed, tooLarge, unsupported } from '../requests/refused-body.ts';
import { beforeDeadline, readBeforeDeadline } from '../requests/timely-body.ts';

/** How much a body may hold where its operation says nothing of it (`bodyLimits` in the contract). */
export interface BodyLimitOptions {
  /** The largest body, in bytes, as sent and after inflation. Default 128 KiB. */
  readonly bodyLimitBytes?: number;
  /** The most members of objects and elements of arrays in a body, all together; more are refused with 413. Default 1000. */
  readonly maxBodyValues?: number;
  /** The most arrays and objects within each other in a body; more are refused with 400. Default 100. */
  readonly maxBodyDepth?: number;
}

/** How an operation's body is read. */
export interface BodyOptions extends BodyLimitOptions {
  readonly operation: Operation;
}

interface Limits extends JsonLimits, MultipartLimits {}

/**
 * Reads the body of an operation that has one, within its limits. JSON strictly: an object or array, in UTF-8; limits
 * are checked before anything is parsed. Bytes are left to the handler, which reads them while they arrive. Any other
 * operation's body is left unread. A request without a body has `{}` for JSON, so
 * that the schema names what is missing. A body that is refused is left unread from there on: the refusal doesn't wait for it.
 *
 * @throws TypeError where a limit is no whole number from 1
 */
export function body({ operation, ...options }: BodyOptions): RequestHandler {
  const wanted = requestBody(operation);
  const limits = limitsOf(operation, options);
  return function body(req, res, next) {
    if (!wanted) return next();
    if (isJson(wanted.format) && !hasBody(req)) {
      req.body = {};
      return next();
    }
    // Middleware of the app's own has read it.
    if (hasBody(req) && req.readableEnded && !keptBody(req)) return next();
    readers[wanted.format](req, res, limits, { ...wanted, operation }).then((value) => {
      req.body = value;
      next();
    }, next);
  };
}

function limitsOf(operation: Operation, options: BodyLimitOptions): Limits {
  const bodyLimits = ownMembers(operation.bodyLimits ?? {});
  const {
    bodyLimitBytes = standardBodyLimitBytes,
    maxBodyValues = standardOptions.maxBodyValues,
    maxBodyDepth = standardOptions.maxBodyDepth,
  } = ownMembers(options);
  for (const [name, limit] of Object.entries({ bodyLimitBytes, maxBodyValues, maxBodyDepth })) {
    if (!(Number.isInteger(limit) && limit >= 1)) {
      throw new TypeError(`${name} must be a whole number from 1, not ${limit}`);
    }
  }
  const { maxValues = maxBodyValues, maxDepth = maxBodyDepth, maxFiles = standardBodyLimits.maxFiles } = bodyLimits;
  return { maxBytes: largestBody(bodySizeOf(operation), bodyLimitBytes), maxValues, maxDepth, maxFiles };
}

type Wanted = OperationBody & { readonly operation: Operation };
type Reader = (req: Request, res: Response, limits: Limits, wanted: Wanted) => Promise<unknown>;

const readers: Readonly<Record<OperationBody['format'], Reader>> = {
  json: jsonOf,
  'merge-patch': jsonOf,
  text: textOf,
  bytes: contentOf,
  form: formOf,
  multipart: multipartOf,
};

async function formOf(req: Request, res: Response, limits: Limits, wanted: Wanted): Promise<unknown> {
  const text = await textOf(req, res, limits, wanted);
  const { maxValues } = limits;
  // Empty ones (`&&`) count too: they are looked at as well.
  if (text.split('&', maxValues + 1).length > maxValues) throw tooLarge(`has more than ${maxValues} fields`);
  try {
    return queryParser({ maxParameters: maxValues })(text);
  } catch (cause) {
    throw malformed('is not valid percent-encoding', cause);
  }
}

async function multipartOf(req: Request, res: Response, limits: Limits, { types, operation }: Wanted) {
  if (!hasBody(req)) return {};
  checkTypeOf(req, types);
  checkPlain(req);
  // Middleware before may have waited until the client had gone: nothing would say when to delete its files.
  if (res.closed) throw new CallError('cancelled', 'the client went away before its form was read');
  const { fields, stop, remove } = readMultipart(req, inputMembers(operation).files, limits);
  res.once('close', () => void remove().catch((error) => process.emitWarning(error)));
  return beforeDeadline(req, res, { read: fields, stop });
}

async function textOf(req: Request, res: Response, limits: Limits, { types }: OperationBody): Promise<string> {
  if (!hasBody(req)) return '';
  checkTypeOf(req, types);
  checkCharset(req);
  return textIn(await plainBytes(req, res, limits));
}

async function contentOf(req: Request, _: Response, { maxBytes }: Limits, { types }: OperationBody) {
  if (hasBody(req)) checkTypeOf(req, types);
  checkPlain(req);
  return receivedContent(req, { type: req.headers['content-type'] ?? '', maxBytes });
}

function checkPlain({ headers }: Request): void {
  const coding = headers['content-encoding'] ?? 'identity';
  if (coding.toLowerCase() !== 'identity') throw unsupported('Body must be plain, without a content encoding');
}

function checkTypeOf({ headers }: Request, types: readonly string[]): void {
  const type = headers['content-type'] ?? 'application/octet-stream';
  if (isOneOf(type, types)) return;
  throw unsupported(wrongType(types, headers['content-type']));
}

async function jsonOf(req: Request, res: Response, limits: Limits, { types: [type] }: Wanted): Promise<unknown> {
  checkType(req, type as string);
  return parsedJson(await plainBytes(req, res, limits), limits);
}

function checkType(req: Request, type: string): void {
  if (req.headers['content-type'] === type) return;
  if (!req.is(type)) throw unsupported(wrongType([type], req.headers['content-type']));
  checkCharset(req);
}

function wrongType(types: readonly string[], came: string | undefined): string {
  const sentence = `Body must have the content type ${types.join(' or ')}, not ${came ? boundedText(came, 100) : 'none'}`;
  const isText = came?.startsWith('text/plain') === true && types.includes('multipart/form-data');
  return isText ? `${sentence}: a FormData is sent as text by a fetch of another library than its own` : sentence;
}

function checkCharset({ headers }: Request): void {
  const [, charset] = charsetOf.exec(headers['content-type'] ?? '') ?? [];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') throw unsupported('Body must be in UTF-8');
}

const charsetOf = /;\s*charset\s*=\s*"?([^\s;"]*)/i;

function decoderOf({ headers }: Request): ContentDecoder | undefined {
  const coding = headers['content-encoding']?.toLowerCase();
  if (!coding || coding === 'identity') return undefined;
  const decode = contentDecoders.get(coding);
  if (!decode) throw unsupported('Body must be plain, gzip, deflate, br or zstd');
  return decode;
}

/** The bytes of a body without its content coding. */
async function plainBytes(req: Request, res: Response, { maxBytes }: Limits): Promise<Buffer> {
  const decode = decoderOf(req);
  const bytes = await readBeforeDeadline(req, res, maxBytes);
  return decode ? decoded(bytes, decode, maxBytes) : bytes;
}

async function decoded(bytes: Buffer, decode: ContentDecoder, maxBytes: number): Promise<Buffer> {
  const text = await decode(bytes, maxBytes).catch((cause) => {
    throw malformed('cannot be decompressed', cause);
  });
  if (text) return text;
  throw tooLarge(`is larger than ${maxBytes} bytes`);
}
