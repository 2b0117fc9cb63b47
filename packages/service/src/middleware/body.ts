import { isUtf8 } from 'node:buffer';
import { CallError, currentContext, type Operation } from '@parley/contract';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { isDeeperThan } from '../json-depth.ts';
import { requestEndOf } from '../request-end.ts';

/** Arrays and objects within each other: more than people write, and less than takes anybody's stack. */
const deepestBody = 100;

/** How an operation's body is read. */
export interface BodyOptions {
  readonly operation: Operation;
  /** The largest body, in bytes, as sent and after inflation. */
  readonly bodyLimitBytes: number;
}

/** A failure of Express' parser: what it is called there, and 4xx where it is the client's. */
interface ParserError extends Error {
  readonly type?: string;
  readonly status?: number;
}

/**
 * Reads the JSON body of an operation that has one, strictly: an object or array, in UTF-8, not too large or deep.
 * Any other operation's body is left unread. A request without a body has `{}`, so that the schema names
 * what is missing.
 */
export function body({ operation, bodyLimitBytes }: BodyOptions): RequestHandler {
  const takesBody = operation.rest === 'body' && operation.input !== undefined;
  const parse = express.json({ limit: bodyLimitBytes, strict: true, verify: checkText });
  return function body(req, res, next) {
    if (!takesBody) return next();
    if (!hasBody(req)) {
      req.body = {};
      return next();
    }
    if (req.headers['content-type'] !== 'application/json' && !req.is('application/json')) {
      return next(new CallError('unsupported_media_type', 'Body must have the content type application/json'));
    }
    readBeforeDeadline(req, res, parse).then(() => next(), next);
  };
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

// A client that sends slowly must not outlast the deadline, nor one whose body is too large: the parser reads that off before it says so.
async function readBeforeDeadline(req: Request, res: Response, parse: RequestHandler): Promise<void> {
  const end = requestEndOf(currentContext());
  try {
    await (end ? end.bound(() => read(req, res, parse)) : read(req, res, parse));
  } catch (error) {
    // The rest of the body is still on its way: this connection has no next request.
    if (end?.reason) res.shouldKeepAlive = false;
    throw error instanceof CallError ? error : toCallError(error as ParserError);
  }
}

// The parser calls back with most errors, and throws what is wrong with the content type itself.
function read(req: Request, res: Response, parse: RequestHandler): Promise<void> {
  return new Promise((resolve, reject) => {
    parse(req, res, (error?: unknown) => (error ? reject(error) : resolve()));
  });
}

// Runs on the inflated bytes, before they are text: decoding would hide what is no UTF-8.
function checkText(_req: unknown, _res: unknown, bytes: Buffer, charset: string): void {
  if (charset !== 'utf-8') throw Object.assign(new Error(), { type: 'charset.unsupported' });
  if (!isUtf8(bytes)) throw Object.assign(new Error(), { type: 'utf8.invalid' });
  if (isDeeperThan(bytes, deepestBody)) throw Object.assign(new Error(), { type: 'too.deep' });
}

function toCallError(error: ParserError): Error {
  switch (error.type) {
    case 'entity.too.large':
      return new CallError('body_too_large', 'Body is larger than this service takes', { cause: error });
    case 'charset.unsupported':
      return new CallError('unsupported_media_type', 'Body must be in UTF-8', { cause: error });
    case 'encoding.unsupported':
      return new CallError('unsupported_media_type', 'Body must be plain, gzip, deflate, br or zstd', { cause: error });
    case 'utf8.invalid':
      return new CallError('malformed_body', 'Body is not valid UTF-8', { cause: error });
    case 'too.deep':
      return new CallError('malformed_body', `Body is nested deeper than ${deepestBody}`, { cause: error });
    case 'entity.parse.failed':
      return new CallError('malformed_body', 'Body is not a JSON object or array', { cause: error });
    default:
      if (error.status === undefined || error.status >= 500) return error;
      return new CallError('malformed_body', 'Body cannot be read', { cause: error });
  }
}
