import type { TelemetryListener } from './call-events.ts';
import type { UpstreamStatus } from './upstream-status.ts';

/** An upstream that is open in this process, as whoever watches the process sees it. */
export interface OpenUpstream {
  readonly name: string;
  status(): UpstreamStatus;
  subscribe(listener: TelemetryListener): () => void;
}

const open = new Set<OpenUpstream>();
const watchers = new Set<(upstream: OpenUpstream) => void>();

/**
 * Announces an upstream to what watches this process: the metrics of a service that runs in it. A client calls this for each
 * upstream that it opens; the returned function says that it is closed.
 */
export function announceUpstream(upstream: OpenUpstream): () => void {
  open.add(upstream);
  for (const watch of watchers) watch(upstream);
  return () => open.delete(upstream);
}

/** The upstreams that are open in this process. */
export function openUpstreams(): readonly OpenUpstream[] {
  return [...open];
}

/** Calls back for each upstream that is open now, and for each that will be opened; the returned function ends that. */
export function watchUpstreams(watch: (upstream: OpenUpstream) => void): () => void {
  for (const upstream of open) watch(upstream);
  watchers.add(watch);
  return () => watchers.delete(watch);
}
