import { CallError } from '@parley/contract';
import type { FetchCall, SendFetchCall } from './fetch-call.ts';
import type { FetchHeaders, FetchSettings } from './fetch-options.ts';

/**
 * Adds the headers that the user gave, the same in all attempts. Headers of the contract, and those that Parley needs, come
 * first. No error holds what a function that gives headers has thrown.
 */
export function givenHeaders({ headers }: FetchSettings): (next: SendFetchCall) => SendFetchCall {
  return (next) =>
    async function givenHeaders(call) {
      const given = typeof headers === 'function' ? await headersFor(call, headers) : headers;
      const lowerCased = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]);
      return next({ ...call, headers: { ...Object.fromEntries(lowerCased), ...call.headers } });
    };
}

async function headersFor(
  { label }: FetchCall,
  headers: () => FetchHeaders | Promise<FetchHeaders>,
): Promise<FetchHeaders> {
  try {
    return await headers();
  } catch (error) {
    const detail = `not sent: getting its headers failed (${error instanceof Error ? error.name : typeof error})`;
    throw new CallError('unavailable', detail, { operation: label, isUnprocessed: true });
  }
}
