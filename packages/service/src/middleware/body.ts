import { isUtf8 } from 'node:buffer';
import { CallError, currentContext, type Operation } from '@parley/contract';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { exceededLimit, type JsonLimits } from '../requests/json-limits.ts';
import { requestLifetimeOf } from '../requests/request-lifetime.ts';

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

interface Limits extends JsonLimits {
  readonly maxBytes: number;
}

/** A failure of Express' parser: what it is called there, and 4xx where it is the client's. */
interface ParserError extends Error {
  readonly type?: string;
  readonly status?: number;
}

type Verify = (req: unknown, res: unknown, bytes: Buffer, charset: string) => void;

/**
 * Reads the JSON body of an operation that has one, strictly: an object or array, in UTF-8, within its limits. They
 * are checked before anything is parsed. Any other operation's body is left unread. A request without a body has `{}`, so
 * that the schema names what is missing.
 *
 * @throws TypeError where a limit is no whole number from 1
 */
export function body({ operation, ...options }: BodyOptions): RequestHandler {
  const takesBody = operation.rest === 'body' && operation.input !== undefined;
  const limits = limitsOf(operation, options);
  const parse = express.json({ limit: limits.maxBytes, strict: true, verify: textCheck(limits) });
  return function body(req, res, next) {
    if (!takesBody) return next();
    if (!hasBody(req)) {
      req.body = {};
      return next();
    }
    if (req.headers['content-type'] !== 'application/json' && !req.is('application/json')) {
      return next(new CallError('unsupported_media_type', 'Body must have the content type application/json'));
    }
    readBeforeDeadline(req, res, parse, limits).then(() => next(), next);
  };
}

function limitsOf({ bodyLimits = {} }: Operation, options: BodyLimitOptions): Limits {
  const { bodyLimitBytes = 131_072, maxBodyValues = 1000, maxBodyDepth = 100 } = options;
  for (const [name, limit] of Object.entries({ bodyLimitBytes, maxBodyValues, maxBodyDepth })) {
    if (!(Number.isInteger(limit) && limit >= 1)) {
      throw new TypeError(`${name} must be a whole number from 1, not ${limit}`);
    }
  }
  const { maxBytes = bodyLimitBytes, maxValues = maxBodyValues, maxDepth = maxBodyDepth } = bodyLimits;
  return { maxBytes, maxValues, maxDepth };
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

// A client that sends slowly must not outlast the deadline. This holds for a body that is too large, too: the parser reads it to its end first.
async function readBeforeDeadline(req: Request, res: Response, parse: RequestHandler, limits: Limits): Promise<void> {
  const end = requestLifetimeOf(currentContext());
  try {
    await (end ? end.bound(() => read(req, res, parse)) : read(req, res, parse));
  } catch (error) {
    // The rest of the body is still on its way: this connection has no next request.
    if (end?.reason) res.shouldKeepAlive = false;
    throw error instanceof CallError ? error : toCallError(error as ParserError, limits);
  }
}

// The parser calls back with most errors, and throws what is wrong with the content type itself.
function read(req: Request, res: Response, parse: RequestHandler): Promise<void> {
  return new Promise((resolve, reject) => {
    parse(req, res, (error?: unknown) => (error ? reject(error) : resolve()));
  });
}

// Runs on the inflated bytes, before they are text: decoding would hide what is no UTF-8.
function textCheck(limits: Limits): Verify {
  return function checkText(_req, _res, bytes, charset) {
    if (charset !== 'utf-8') throw Object.assign(new Error(), { type: 'charset.unsupported' });
    if (!isUtf8(bytes)) throw Object.assign(new Error(), { type: 'utf8.invalid' });
    const exceeded = exceededLimit(bytes, limits);
    if (exceeded) throw Object.assign(new Error(), { type: exceeded });
  };
}

function toCallError(error: ParserError, { maxBytes, maxValues, maxDepth }: Limits): Error {
  switch (error.type) {
    case 'entity.too.large':
      return new CallError('body_too_large', `Body is larger than ${maxBytes} bytes, the limit of this operation`, {
        cause: error,
      });
    case 'charset.unsupported':
      return new CallError('unsupported_media_type', 'Body must be in UTF-8', { cause: error });
    case 'maxValues':
      return new CallError(
        'body_too_large',
        `Body has more than ${maxValues} members and elements, the limit of this operation`,
        { cause: error },
      );
    case 'encoding.unsupported':
      return new CallError('unsupported_media_type', 'Body must be plain, gzip, deflate, br or zstd', { cause: error });
    case 'utf8.invalid':
      return new CallError('malformed_body', 'Body is not valid UTF-8', { cause: error });
    case 'maxDepth':
      return new CallError('malformed_body', `Body is nested deeper than ${maxDepth}`, { cause: error });
    case 'entity.parse.failed':
      return new CallError('malformed_body', 'Body is not a JSON object or array', { cause: error });
    default:
      if (error.status === undefined || error.status >= 500) return error;
      return new CallError('malformed_body', 'Body cannot be read', { cause: error });
  }
}
