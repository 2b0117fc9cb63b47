import type { TableCache } from '../table/gateway-table.ts';
import type { Policy, ServicePolicy } from './policy.ts';

/** What the contract of an operation says to caches. */
export interface ContractCache {
  readonly scope: 'public' | 'private';
  readonly maxAgeS: number;
  readonly staleWhileRevalidateS?: number | undefined;
  readonly staleIfErrorS?: number | undefined;
  /** All of that as `Cache-Control`. */
  readonly control: string;
}

/** An operation, as far as it matters to a cache. */
export interface CacheableOperation {
  readonly name: string;
  readonly method: string;
  /** Whether it changes nothing. Default: it may change something. */
  readonly isSafe?: boolean | undefined;
  readonly cache?: ContractCache | undefined;
}

/** What a gateway needs to keep replies of an operation, as a member of its row in the table. */
export function tableCache({ cache }: CacheableOperation): { readonly cache?: TableCache } {
  return cache ? { cache: { control: cache.control, longestS: longestS(cache) } } : {};
}

/**
 * Checks that a gateway may keep the replies that a policy lets it keep.
 *
 * @throws LocalError where a contract does not say `public` of them, or a write may change them and the policy does not accept for
 *   how long the gateway uses old ones: it does not learn of writes
 */
export function refuseUnfitCaches(service: ServicePolicy, known: readonly CacheableOperation[], policy: Policy): void {
  for (const [name, { cache }] of service.operations) {
    const operation = known.find((one) => one.name === name);
    if (cache === undefined || !operation) continue;
    const place = ['services', service.name, 'operations', name, 'cache'];
    const unfit = unfitness(operation);
    if (unfit !== undefined || !operation.cache) {
      throw policy.fault(
        place,
        `expected the contract of ${name} to have a cache of scope public and a maxAgeS of at least 1, got ${unfit}: a gateway ` +
          'gives a reply that it keeps to anybody. Remove cache here, or change the contract',
      );
    }
    const accepted = cache === true ? undefined : cache.maxStaleSeconds;
    const longest = longestS(operation.cache);
    const write = accepted === undefined ? writeOf(service, known) : undefined;
    if (write === undefined && (accepted ?? longest) >= longest) continue;
    throw policy.fault(
      place,
      `expected { maxStaleSeconds: ${longest} } or more for ${name}, got ${accepted ?? 'true'}: the gateway does not learn of ` +
        `${write ?? 'writes'}, and uses a reply for up to ${longest} s (maxAgeS, and the longer of staleWhileRevalidateS and staleIfErrorS)`,
    );
  }
}

/** Both begin at the end of `maxAgeS`. */
function longestS({ maxAgeS, staleWhileRevalidateS = 0, staleIfErrorS = 0 }: ContractCache): number {
  return maxAgeS + Math.max(staleWhileRevalidateS, staleIfErrorS);
}

function unfitness({ method, cache }: CacheableOperation): string | undefined {
  if (method !== 'GET') return `a ${method}`;
  if (!cache) return 'no cache';
  if (cache.scope !== 'public') return `scope ${cache.scope}`;
  return cache.maxAgeS < 1 ? `maxAgeS ${cache.maxAgeS}` : undefined;
}

/** Something of the service that may change a reply: which operations share data, no contract says for certain. */
function writeOf({ prefixes, methods }: ServicePolicy, known: readonly CacheableOperation[]): string | undefined {
  const write = known.find(({ isSafe }) => !isSafe);
  if (write) return write.name;
  return prefixes.length > 0 || methods === 'any' ? 'what has no contract' : undefined;
}
