import {
  type OptionSource,
  type OptionValues,
  ownMember,
  ownMembers,
  type ShownOption,
  shownValue,
} from '@parley/contract';
import { optionSpecs } from './option-specs.ts';
import { type ChangeableOptions, expectChangeable, type UpstreamOptions, upstreamOptions } from './upstream-options.ts';

/** Options that may be replaced by others. Read `current` when an option is used, and keep no copy. */
export interface Current<Options> {
  /** What holds now: a snapshot, which never changes. */
  readonly current: Options;
}

const { POSITIVE_INFINITY: infinity } = Number;

/**
 * The options of one upstream. Each change makes a new snapshot.
 *
 * Scope: upstream.
 */
export class CurrentOptions implements Current<UpstreamOptions> {
  #current: UpstreamOptions;
  // What the caller gave, without what follows from it: an unset attemptTimeoutMs follows callTimeoutMs.
  #given: Partial<UpstreamOptions>;
  #overrides: Partial<UpstreamOptions> = {};
  #onContradicted: () => void = () => {};
  readonly #changed = new Set<string>();
  readonly #listeners = new Set<() => void>();

  /** @throws TypeError as {@link upstreamOptions} */
  constructor(given: Partial<UpstreamOptions> = {}) {
    this.#current = upstreamOptions(given);
    this.#given = given;
  }

  get current(): UpstreamOptions {
    return this.#current;
  }

  /**
   * Makes the options what they would be, had the changes been given at the start: all of them or none. Then calls the
   * listeners. What an operator has put above the options stays there, unless it contradicts the changes: then it ends.
   *
   * @throws TypeError for an option that cannot be changed, and as {@link upstreamOptions}
   */
  change(changes: Partial<ChangeableOptions>): void {
    expectChangeable(changes);
    const changed = Object.entries(changes).filter(([, value]) => value !== undefined);
    const given = { ...this.#given, ...Object.fromEntries(changed) };
    const alone = upstreamOptions(given);
    this.#given = given;
    for (const [name] of changed) this.#changed.add(name);
    const overridden = this.#overridden();
    this.#become(overridden ?? alone);
    if (!overridden) this.#onContradicted();
  }

  /**
   * Puts values of an operator above the options, all of them or none. Then calls the listeners.
   *
   * @param onContradicted called where a later change contradicts the values, which ends all of them
   * @throws TypeError for an option that cannot be changed, and as {@link upstreamOptions}
   */
  override(values: OptionValues, onContradicted: () => void = () => {}): void {
    const given = ownMembers(values);
    expectChangeable(given);
    const numbers = Object.entries(given).map(([name, value]) => [name, value === 'Infinity' ? infinity : value]);
    const overrides = { ...this.#overrides, ...Object.fromEntries(numbers) };
    const next = upstreamOptions({ ...this.#given, ...overrides });
    this.#overrides = overrides;
    this.#onContradicted = onContradicted;
    this.#become(next);
  }

  /** Ends what an operator has put above the options. Then calls the listeners. */
  endOverrides(): void {
    if (Object.keys(this.#overrides).length === 0) return;
    this.#overrides = {};
    this.#become(upstreamOptions(this.#given));
  }

  #become(options: UpstreamOptions): void {
    this.#current = options;
    for (const listener of this.#listeners) listener();
  }

  /** The options with an operator's values above them; none where these contradict the options, which ends them. */
  #overridden(): UpstreamOptions | undefined {
    try {
      return upstreamOptions({ ...this.#given, ...this.#overrides });
    } catch {
      this.#overrides = {};
      return undefined;
    }
  }

  /** All of them as operators may see them: of functions and objects only whether they are set, since they may hold secrets. */
  shown(): readonly ShownOption[] {
    return Object.entries(optionSpecs).map(([name, { unit }]) => ({
      name,
      value: shownValue(this.#current[name as keyof UpstreamOptions]),
      source: this.#sourceOf(name as keyof UpstreamOptions),
      unit: unit === '–' ? undefined : unit,
    }));
  }

  #sourceOf(name: keyof UpstreamOptions): OptionSource {
    if (ownMember(this.#overrides, name) !== undefined) return 'admin';
    if (this.#changed.has(name)) return 'configure';
    if (ownMember(this.#given, name) !== undefined) return 'code';
    // An attemptTimeoutMs that is not given, and follows a shorter callTimeoutMs.
    return this.#current[name] === optionSpecs[name].standard ? 'default' : this.#sourceOf('callTimeoutMs');
  }

  /** Calls back after each change; the returned function ends that. For parts that must act on a change at once. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
