import { headerNames } from '@parley/contract';
import type { ReplyHeaders } from '../transport/reply.ts';

/** Fields of one connection (RFC 9111 §3.1), and ours that describe one exchange. */
const neverStored = new Set<string>([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  headerNames.attemptsLeft,
  headerNames.minVersions,
  headerNames.loadReport,
  headerNames.serverTiming,
]);

/** What the stored body depends on: it is decoded and whole, and has its own length (RFC 9111 §3.2). */
const ofTheBody = new Set(['content-encoding', 'content-length', 'content-range']);

type Fields = Record<string, string | string[] | undefined>;

/** A copy of a reply's fields, without those that a cache must not store. */
export function storedFields(headers: ReplyHeaders): ReplyHeaders {
  const nominated = connectionFields(headers.connection);
  const stored: Fields = {};
  for (const name of Object.keys(headers)) {
    if (neverStored.has(name) || nominated?.has(name)) continue;
    const value = headers[name];
    stored[name] = Array.isArray(value) ? [...value] : value;
  }
  return stored;
}

/** The stored fields after a 304, or after a HEAD: what it names is replaced, the rest stays. RFC 9111 §3.2. */
export function freshenedFields(stored: ReplyHeaders, later: ReplyHeaders): ReplyHeaders {
  const fields: Fields = { ...stored };
  // An `Age` or `Date` that the newer reply does not name is not of it.
  delete fields.age;
  delete fields.date;
  const named = storedFields(later);
  for (const name of Object.keys(named)) if (!ofTheBody.has(name)) fields[name] = named[name];
  return fields;
}

function connectionFields(field: string | string[] | undefined): ReadonlySet<string> | undefined {
  if (field === undefined) return undefined;
  return new Set(
    String(field)
      .split(',')
      .map((name) => name.trim().toLowerCase()),
  );
}
