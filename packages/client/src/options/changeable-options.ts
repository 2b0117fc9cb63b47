import { type UpstreamOptions, upstreamOptions } from './upstream-options.ts';

/** Why an option holds for an upstream's whole life. */
const fixed = {
  tls: 'the connections that are open have proved themselves by it; certificates in files are followed without a change',
  http: 'the connections that are open speak the version that they began with',
  clock: 'timers that run would be lost',
  random: 'a sequence of numbers is not to be interrupted',
} as const satisfies { readonly [Name in keyof UpstreamOptions]?: string };

/** The options that `upstream.configure` changes. */
export type ChangeableOptions = Omit<UpstreamOptions, keyof typeof fixed>;

/**
 * The options of one upstream: one object for its whole life, whose values are replaced in place. Whoever reads an
 * option when it is used has the new value; whoever keeps a copy hasn't.
 *
 * Scope: upstream.
 */
export class LiveOptions {
  readonly current: UpstreamOptions;
  // What was said, apart from what follows of it: an attempt's time follows the call's, as long as nobody sets it.
  #said: Partial<UpstreamOptions>;

  /** @throws TypeError as {@link upstreamOptions} */
  constructor(said: Partial<UpstreamOptions> = {}) {
    this.current = upstreamOptions(said);
    this.#said = said;
  }

  /**
   * Makes the options what they would be, had the changes been said at the start. All or nothing.
   *
   * @throws TypeError for an option that cannot be changed, and as {@link upstreamOptions}
   */
  change(changes: Partial<ChangeableOptions>): void {
    for (const [name, reason] of Object.entries(fixed)) {
      if (!Object.hasOwn(changes, name)) continue;
      throw new TypeError(`${name} cannot be changed while the upstream is open: ${reason}`);
    }
    const changed = Object.entries(changes).filter(([, value]) => value !== undefined);
    const said = { ...this.#said, ...Object.fromEntries(changed) };
    Object.assign(this.current, upstreamOptions(said));
    this.#said = said;
  }
}
