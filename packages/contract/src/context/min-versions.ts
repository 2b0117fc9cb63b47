/** Services that one context knows versions of. Those beyond it are left out. */
const mostServices = 32;
/** The largest integer of RFC 9651. */
const largestVersion = 999_999_999_999_999;

const name = /^[a-z][a-z0-9-]{0,63}$/;
const member = /^([a-z][a-z0-9-]{0,63})=(\d{1,15})$/;

/** Whether a value can be a version: a whole number from 0 to 999,999,999,999,999. */
export function isVersion(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= largestVersion;
}

/** Whether versions of a service with this name can travel: at most 64 characters, in kebab-case. */
export function mayHaveVersions(service: string): boolean {
  return name.test(service);
}

/**
 * The least version of each service that the replies to a caller may be made from: the caller has written it, or has seen it.
 * A version is a number that grows with each write of a service: opaque tokens could only be equal, and
 * two writes at once would leave two. Prior art: zookies of Zanzibar, session tokens of Cosmos DB.
 *
 * On the wire it is `x-min-versions`, a dictionary of RFC 9651: `guestbook=42, shop=7`. On a request: nothing older may answer it.
 * On a reply: what the caller has to ask for from now on, to see its own writes.
 *
 * Scope: the request that is being served; outside of one, what its maker uses it for.
 */
export class MinVersions {
  readonly #versions: Map<string, number>;
  /** Services whose version is higher than it was at the beginning. */
  #raised: Set<string> | undefined;

  constructor(versions: Iterable<readonly [service: string, version: number]> = []) {
    this.#versions = new Map(versions);
  }

  /** The least version of a service; undefined where any will do. */
  of(service: string): number | undefined {
    return this.#versions.get(service);
  }

  /** Asks for at least this version of a service from now on. A lower one than before changes nothing. */
  raise(service: string, version: number): void {
    const before = this.#versions.get(service);
    if (before === undefined ? this.#versions.size >= mostServices : before >= version) return;
    this.#versions.set(service, version);
    this.#raised ??= new Set();
    this.#raised.add(service);
  }

  /** Asks for what another one asks for, too. */
  raiseAll(others: MinVersions): void {
    for (const [service, version] of others) this.raise(service, version);
  }

  /** Each service with its version. */
  [Symbol.iterator](): IterableIterator<[service: string, version: number]> {
    return this.#versions[Symbol.iterator]();
  }

  /** What was raised since the beginning, as it travels; undefined if nothing was. */
  get raised(): string | undefined {
    return this.#raised && format([...this.#raised].map((service) => [service, this.#versions.get(service)]));
  }

  /** As it travels; empty where it asks for nothing. */
  toString(): string {
    return format(this.#versions);
  }
}

function format(versions: Iterable<readonly [string, number | undefined]>): string {
  return Array.from(versions, ([service, version]) => `${service}=${version}`).join(', ');
}

/**
 * Reads `x-min-versions`. Malformed members are left out, and those of more than 32 services; of one service the highest version counts.
 *
 * @returns undefined if no member is left
 */
export function parseMinVersions(header: string | readonly string[] | undefined): MinVersions | undefined {
  if (header === undefined) return undefined;
  const versions = new Map<string, number>();
  for (const text of String(header).split(',', mostServices * 2)) {
    const [, service, digits] = member.exec(text.trim()) ?? [];
    if (service === undefined || (versions.size >= mostServices && !versions.has(service))) continue;
    versions.set(service, Math.max(versions.get(service) ?? 0, Number(digits)));
  }
  return versions.size > 0 ? new MinVersions(versions) : undefined;
}
