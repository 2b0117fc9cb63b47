import type { TelemetryListener } from './call-events.ts';
import type { ShownOption } from './shown-option.ts';
import type { UpstreamStatus } from './upstream-status.ts';

/** Lets an operator force the circuit of one endpoint. Ends when the endpoint disappears. */
export interface CircuitControl {
  /** Lets nothing through until `auto()`. */
  forceOpen(): void;
  /** Lets everything through until `auto()`, and counts nothing. */
  forceClose(): void;
  /** Lets the circuit decide again: by probes where it was forced open, from a fresh window where forced closed. */
  auto(): void;
}

/** Values of options by name, as JSON can say them. */
export type OptionValues = Readonly<Record<string, number | boolean | string>>;

/** An upstream that is open in this process, for metrics and operators. */
export interface OpenUpstream {
  readonly name: string;
  status(): UpstreamStatus;
  subscribe(listener: TelemetryListener): () => void;
  /** Its options as operators may see them: no secrets. Absent in an upstream of an older client. */
  shownOptions?(): readonly ShownOption[];
  /**
   * Puts values of an operator above its options, all of them or none, until {@link endOverrides}; those of before stay. The word
   * `Infinity` is the number. Absent in an upstream of an older client.
   *
   * @param onContradicted called where a later change of the options contradicts the values, which ends all of them; an older client
   * never calls it
   * @throws TypeError where an option is unknown, cannot be changed or has another form
   */
  overrideOptions?(values: OptionValues, onContradicted?: () => void): void;
  /** Ends what an operator has put above its options. Absent in an upstream of an older client. */
  endOverrides?(): void;
  /** The circuit of one endpoint. @throws TypeError where its address is not known now */
  circuit(address: string): CircuitControl;
}

const open = new Set<OpenUpstream>();
/** What ends the watch of each open upstream, by who watches. */
const watches = new Map<WatchUpstream, Map<OpenUpstream, () => void>>();

/** Begins to watch one upstream. Returns what ends that. */
export type WatchUpstream = (upstream: OpenUpstream) => () => void;

/**
 * Announces an upstream to what watches this process: the metrics of a service that runs in it. A client calls this for each
 * upstream that it opens; the returned function says that it is closed.
 */
export function announceUpstream(upstream: OpenUpstream): () => void {
  open.add(upstream);
  for (const [watch, ends] of watches) ends.set(upstream, watch(upstream));
  return () => {
    open.delete(upstream);
    for (const ends of watches.values()) {
      ends.get(upstream)?.();
      ends.delete(upstream);
    }
  };
}

/** The upstreams that are open in this process. */
export function openUpstreams(): readonly OpenUpstream[] {
  return [...open];
}

/**
 * Watches each upstream that is open now, and each that will be opened, until it closes; the returned function ends all of that. Nothing is kept
 * of an upstream that is closed.
 */
export function watchUpstreams(watch: WatchUpstream): () => void {
  const ends = new Map([...open].map((upstream) => [upstream, watch(upstream)]));
  watches.set(watch, ends);
  return () => {
    watches.delete(watch);
    for (const end of ends.values()) end();
  };
}
