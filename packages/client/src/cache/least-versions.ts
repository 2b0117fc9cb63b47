import { MinVersions } from '@parley/contract';

/** Whether what has at least these versions has at least the others. */
export function covers(versions: MinVersions, others: MinVersions): boolean {
  for (const [service, version] of others) {
    const own = versions.of(service);
    if (own === undefined || own < version) return false;
  }
  return true;
}

/** The lower version of each service that both know. A copy, which stays as it is. */
export function lowerOf(versions: MinVersions, others: MinVersions): MinVersions {
  const lower = new MinVersions();
  for (const [service, version] of versions) {
    const other = others.of(service);
    if (other !== undefined) lower.raise(service, Math.min(version, other));
  }
  return lower;
}
