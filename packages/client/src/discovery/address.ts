/** One place where a service is. */
export interface Address {
  /** For example `http://10.0.0.7:3000`; `unix:/path` for a socket on this machine. */
  readonly origin: string;
  /** Its share of the attempts, against the others' weights. */
  readonly weight: number;
  /** Its zone, if known: endpoints in the caller's own zone come first. */
  readonly zone?: string;
  /** The name that its certificate must be for, where the origin holds an IP address only. */
  readonly serverName?: string;
}

/** Finds out at which addresses a service is. */
export interface Discovery {
  /** The addresses, where they are known from the start and never change. */
  readonly fixed?: readonly Address[] | undefined;
  /** The addresses; waits for the first look-up if none has ended yet. @throws Error where that fails */
  addresses(): Promise<readonly Address[]> | readonly Address[];
  /** Calls back when the addresses have changed. */
  onChange(callback: (addresses: readonly Address[]) => void): void;
  /** An endpoint could not be reached: its address may have changed. Looks up again soon, but not more than once a second. */
  refresh(): void;
  close(): void;
}

/** Each once, in their order. */
export function distinct(addresses: readonly Address[]): readonly Address[] {
  return [...new Map(addresses.map((address) => [address.origin, address])).values()];
}
