import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { CallError } from '@parley/contract';
import type { RequestHandler } from 'express';
import type { Settings } from '../process/settings.ts';
import type { AuditLog } from './audit-log.ts';
import { isLoopback } from './loopback.ts';

/** Who may use the operators' port. */
export type AdminAccess = Pick<Settings, 'adminHost' | 'adminReadToken' | 'adminActToken'>;

/** Whether an operator needs no token to read: the port is on loopback, and there are no tokens. */
export function isOpen({ adminHost, adminReadToken, adminActToken }: AdminAccess): boolean {
  return isLoopback(adminHost) && !adminReadToken && !adminActToken;
}

/** Whether no operator may read: the port is not on loopback, and there are no tokens. */
export function isOff(access: AdminAccess): boolean {
  return !isOpen(access) && !access.adminReadToken && !access.adminActToken;
}

/**
 * Lets operators read and act: with the act token both, with the read token reading only. Without tokens reading is
 * for those on the same host, where the port is on loopback; acting always needs its token.
 *
 * @param audit notes tokens that are wrong
 * @throws CallError `unauthenticated` without a valid token, `permission_denied` where no token would do
 */
export function adminAccess(access: AdminAccess, audit: Pick<AuditLog, 'refused'>): RequestHandler {
  const { adminReadToken, adminActToken } = access;
  const readers = [adminReadToken, adminActToken].filter((token) => token !== undefined);
  const actors = adminActToken === undefined ? [] : [adminActToken];
  return function adminAccess(req, _res, next) {
    const isReading = req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS';
    if (isReading && isOpen(access)) {
      expectPlainHost(req.headers.host);
      return next();
    }
    const allowed = isReading ? readers : actors;
    if (allowed.length === 0) throw new CallError('permission_denied', isReading ? readingIsOff : actingIsOff);
    const given = /^Bearer (\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
    if (given === undefined) throw new CallError('unauthenticated', 'Send Authorization: Bearer with an admin token');
    if (!allowed.some((token) => isSame(token, given))) {
      audit.refused(req.socket.remoteAddress);
      const isReader = readers.some((token) => isSame(token, given));
      throw isReader
        ? new CallError('permission_denied', 'This token may read, not act')
        : new CallError('unauthenticated', 'The admin token is wrong');
    }
    next();
  };
}

const readingIsOff =
  'The admin API is off: the operators’ port is not on loopback and there is no token. Set ADMIN_READ_TOKEN';
const actingIsOff = 'Acting is off: set ADMIN_ACT_TOKEN';

/**
 * Refuses a request that does not name the port by an IP address or `localhost`. A web page can make its own name point to
 * 127.0.0.1, and read what it likes with its visitor's browser.
 *
 * @throws CallError `permission_denied`
 */
export function expectPlainHost(host = ''): void {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (name === 'localhost' || isIP(name) !== 0) return;
  throw new CallError('permission_denied', 'Without a token, call the admin API by its IP address or as localhost');
}

function isSame(token: string, given: string): boolean {
  return timingSafeEqual(digest(token), digest(given));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
