import { isStream } from '../streams/stream.ts';
import { cacheGroupsFault } from './cache-groups.ts';
import type { Operation } from './operation.ts';

const durations = ['maxAgeS', 'staleWhileRevalidateS', 'staleIfErrorS'] as const;
/** RFC 9111 §1.2.2: a cache may treat this number of seconds as infinite. */
const longestS = 2_147_483_648;

/** Finds what is wrong with an operation's cache policy, or with what it invalidates, as the end of a sentence. Undefined if both are valid. */
export function cacheFault(operation: Operation): string | undefined {
  return policyFault(operation) ?? invalidationFault(operation);
}

function policyFault({ cache, method, safety, output, auth }: Operation): string | undefined {
  if (!cache) return undefined;
  if (method !== 'GET' || safety !== 'safe') return `has a cache policy, which only a safe GET can have, not ${method}`;
  if (!output || isStream(output)) return 'has a cache policy, but no reply in one piece that a cache could keep';
  for (const name of durations) {
    const seconds = cache[name];
    if (seconds === undefined && name !== 'maxAgeS') continue;
    if (!Number.isInteger(seconds) || Number(seconds) < 0 || Number(seconds) > longestS) {
      return `has the cache policy ${name} ${seconds}: must be whole seconds from 0 to ${longestS}`;
    }
  }
  if (cache.scope !== 'public' && cache.scope !== 'private') {
    return `has the cache policy scope ${JSON.stringify(cache.scope)}: must be public or private`;
  }
  if (cache.scope === 'public' && auth !== 'public') {
    return 'is not for everybody, but has a cache policy of scope public: caches on the way would give it to anybody. Make it private';
  }
  return cacheGroupsFault('cache.groups', cache.groups);
}

function invalidationFault({ invalidates, safety, output }: Operation): string | undefined {
  if (invalidates === undefined) return undefined;
  if (safety === 'safe') return 'has invalidates, but is safe: only an operation that changes something can have it';
  if (isStream(output)) return 'has invalidates, but gives a stream: its head is sent before its work is done';
  return cacheGroupsFault('invalidates', invalidates);
}
