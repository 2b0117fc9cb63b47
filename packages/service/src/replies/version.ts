import { type CallContext, CallError, currentContext, namesTag } from '@parley/contract';
import type { Response } from 'express';

/** Ends a handler whose caller has what it would give. Not a failure: the kit answers with 304. */
export class NotModified extends Error {
  override readonly name = 'NotModified';
}

/** Where the context of a request has its response. */
const served = Symbol('served response');

type Serving = CallContext & { [served]?: Response };

/** Lets {@link version} find the request that is served in the current context. */
export function allowVersion(res: Response): void {
  (currentContext() as Serving)[served] = res;
}

/** What a version is made of: everything that the reply depends on. */
export type VersionPart = string | number | bigint | Date;

/** The strong entity tag of a version, quotes included: what {@link version} sends and compares. For the reply to a write, whose version is a new one. */
export function entityTag(...parts: readonly VersionPart[]): string {
  return `"${parts.map(tagText).join(':')}"`;
}

/**
 * Declares, in a handler, the version of the resource that it is about to return or change. Call it as soon as the
 * version is known. Parts: everything that the reply depends on, such as `version(row.updatedAt, language)`.
 *
 * GET: becomes the `ETag`. A client that has this version (`If-None-Match`) gets 304, and the handler ends here.
 * PUT, PATCH, DELETE: a client that expects another version (`If-Match`), or none (`If-None-Match: *`), gets 412. Read
 * the version in the transaction that writes: two requests may compare at once.
 *
 * Compares nothing in a stream, and outside a request, as in a test that calls the handler. It ends the handler by throwing:
 * don't catch that.
 *
 * @returns the entity tag, for an output that has it as a member
 * @throws CallError `precondition_failed`
 */
export function version(...parts: readonly VersionPart[]): string {
  const tag = entityTag(...parts);
  const res = (currentContext() as Serving)[served];
  if (!res) return tag;
  const { req } = res;
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = req.headers;
  const isRead = req.method === 'GET' || req.method === 'HEAD';
  // The order of RFC 9110 §13.2.2.
  if (ifMatch !== undefined && !namesTag(ifMatch, tag, 'strong')) throw changed();
  if (isRead) res.set('ETag', tag);
  if (ifNoneMatch === undefined || !namesTag(ifNoneMatch, tag, 'weak')) return tag;
  throw isRead ? new NotModified() : changed();
}

function changed(): CallError {
  return new CallError('precondition_failed', 'This is not the version that the request is about');
}

function tagText(part: string | number | bigint | Date): string {
  const text = part instanceof Date ? part.toISOString() : String(part);
  return encodeURIComponent(text.toWellFormed());
}
