import { CallError, type OpenUpstream, type OptionValues, type ShownOption, watchUpstreams } from '@parley/contract';

/** The options of an upstream that an operator has changed. */
export interface OverriddenOptions {
  readonly upstream: string;
  /** Those that were changed, as they were until now. */
  readonly options: readonly ShownOption[];
}

interface Override {
  /** As they hold. */
  readonly options: readonly ShownOption[];
  readonly endsAtMs: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Puts values above the options of upstreams, for a time.
 *
 * Scope: service.
 */
export class UpstreamOverrides {
  readonly #running = new Map<OpenUpstream, Override>();
  // Nothing is kept of an upstream that is closed.
  readonly #endWatch = watchUpstreams((upstream) => () => void this.#forget(upstream));

  /** When what was put above the options of an upstream ends, as ISO 8601; none where nothing was. */
  endsAt(upstream: OpenUpstream): string | undefined {
    const running = this.#running.get(upstream);
    return running && new Date(running.endsAtMs).toISOString();
  }

  /**
   * Changes options, all of them or none. What was changed before stays, and has the new end too.
   *
   * @param onOver called with the options when the time is up, or a change by the application contradicts them
   * @throws CallError `invalid_input` where an option is unknown, cannot be changed or has another form
   */
  set(upstream: OpenUpstream, values: OptionValues, forMs: number, onOver: (changed: OverriddenOptions) => void): void {
    if (!upstream.overrideOptions) throw tooOld(upstream);
    try {
      upstream.overrideOptions(values, () => onOver(this.end(upstream)));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new CallError('invalid_input', `${upstream.name}: ${error.message}`);
    }
    const before = this.#running.get(upstream);
    clearTimeout(before?.timer);
    const timer = setTimeout(() => onOver(this.end(upstream)), forMs).unref();
    const names = new Set([...(before?.options ?? []).map(({ name }) => name), ...Object.keys(values)]);
    this.#running.set(upstream, { options: shownOf(upstream, names), endsAtMs: Date.now() + forMs, timer });
  }

  /** Ends what was put above the options of an upstream. @returns what was changed, as it was */
  end(upstream: OpenUpstream): OverriddenOptions {
    const running = this.#forget(upstream);
    upstream.endOverrides?.();
    return { upstream: upstream.name, options: running?.options ?? [] };
  }

  /** Ends all. */
  close(): void {
    for (const upstream of [...this.#running.keys()]) this.end(upstream);
    this.#endWatch();
  }

  #forget(upstream: OpenUpstream): Override | undefined {
    const running = this.#running.get(upstream);
    clearTimeout(running?.timer);
    this.#running.delete(upstream);
    return running;
  }
}

/** These options of an upstream, as operators see them. */
export function shownOf(upstream: OpenUpstream, names: ReadonlySet<string>): readonly ShownOption[] {
  return (upstream.shownOptions?.() ?? []).filter(({ name }) => names.has(name));
}

function tooOld({ name }: OpenUpstream): CallError {
  return new CallError('conflict', `${name} is of a @parley/client whose options cannot be changed here: update it`);
}
