import { type OptionSource, ownMember, type ShownOption, shownValue } from '@parley/contract';
import { optionSpecs } from './option-specs.ts';
import { type ChangeableOptions, expectChangeable, type UpstreamOptions, upstreamOptions } from './upstream-options.ts';

/** Options that may be replaced by others. Read `current` when an option is used, and keep no copy. */
export interface Current<Options> {
  /** What holds now: a snapshot, which never changes. */
  readonly current: Options;
}

/**
 * The options of one upstream. Each change makes a new snapshot.
 *
 * Scope: upstream.
 */
export class CurrentOptions implements Current<UpstreamOptions> {
  #current: UpstreamOptions;
  // What the caller gave, without what follows from it: an unset attemptTimeoutMs follows callTimeoutMs.
  #given: Partial<UpstreamOptions>;
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
   * listeners.
   *
   * @throws TypeError for an option that cannot be changed, and as {@link upstreamOptions}
   */
  change(changes: Partial<ChangeableOptions>): void {
    expectChangeable(changes);
    const changed = Object.entries(changes).filter(([, value]) => value !== undefined);
    const given = { ...this.#given, ...Object.fromEntries(changed) };
    this.#current = upstreamOptions(given);
    this.#given = given;
    for (const [name] of changed) this.#changed.add(name);
    for (const listener of this.#listeners) listener();
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
