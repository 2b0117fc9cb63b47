import { isStream } from '../streams/stream.ts';
import type { Operation } from './operation.ts';

const durations = ['maxAgeS', 'staleWhileRevalidateS', 'staleIfErrorS'] as const;
/** RFC 9111 §1.2.2: a cache may treat this number of seconds as infinite. */
const longestS = 2_147_483_648;

/** Finds what is wrong with an operation's cache policy, as the end of a sentence. Undefined if it is valid. */
export function cacheFault({ cache, method, safety, output, auth }: Operation): string | undefined {
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
  return undefined;
}
