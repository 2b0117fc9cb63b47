import { CallError } from '@parley/contract';
import type { RequestHandler } from 'express';
import { type AdminAccess, adminAccess, expectPlainHost, isOff, isOpen } from '../access.ts';
import type { AuditLog } from '../audit-log.ts';

/** Who may look at the API docs and try operations. */
export interface DocsAccess extends AdminAccess {
  /** Whether callers of the service need a client certificate. An operation that is tried has none. */
  readonly clientCertificates: boolean;
}

/** What trying an operation needs: nothing, the act token, or a token that is not set. */
export type Trying = 'open' | 'token' | 'off';

/**
 * What trying needs. Without tokens it is open on loopback only, and not where callers need a certificate: a try would pass
 * by the check of it.
 */
export function tryingOf(access: DocsAccess): Trying {
  if (access.adminActToken !== undefined) return 'token';
  return isOpen(access) && !access.clientCertificates ? 'open' : 'off';
}

/**
 * Admits requests to the API docs. Reading is as in the admin API, except that the page and its files need no token: they
 * hold nothing of the service, and a browser sends none with them. Trying is as acting, except where it is open.
 *
 * @param isFile whether a path is the page or one of its files
 * @param audit notes tokens that are wrong
 * @throws CallError `unauthenticated` without a valid token, `permission_denied` where no token would do, or the request is
 *   from another page
 */
export function docsAccess(
  access: DocsAccess,
  isFile: (path: string) => boolean,
  audit: Pick<AuditLog, 'refused'>,
): RequestHandler {
  const admit = adminAccess(access, audit);
  return function docsAccess(req, res, next) {
    if (isOff(access)) throw new CallError('permission_denied', docsAreOff);
    if (isOpen(access)) expectPlainHost(req.headers.host);
    if (isFile(req.path)) return next();
    if (req.method === 'POST') {
      expectSameOrigin(req.headers);
      if (tryingOf(access) === 'open') return next();
    }
    return admit(req, res, next);
  };
}

const docsAreOff =
  'The API docs are off: the operators’ port is not on loopback and there is no token. Set ADMIN_READ_TOKEN';

/** Browsers name the origin of the page with every POST, and no page can change what they write. */
function expectSameOrigin(headers: NodeJS.Dict<string | string[]>): void {
  const { origin, host, 'sec-fetch-site': site = 'same-origin' } = headers;
  const from = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin).host : undefined;
  if (from !== undefined && from === host && site === 'same-origin') return;
  throw new CallError('permission_denied', 'Operations are tried from the page of the API docs only');
}
