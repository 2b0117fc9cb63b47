import {
  boundedText,
  type CallOutcome,
  type Contract,
  isStream,
  type Story,
  slowMs,
  type TelemetryListener,
  watchUpstreams,
} from '@parley/contract';
import type { ServedRequest, ServiceListener } from '../telemetry/service-events.ts';
import { type Newest, newestOf } from './newest.ts';

/** A call to an upstream that failed, was slow or needed another attempt. */
export type ShownCall = ReturnType<typeof shownCall>;

/** A request that the service answered slowly, or with a failure. */
export type ShownRequest = ReturnType<typeof shownRequest>;

/** Calls and requests that are kept, each. */
const most = 100;
/** Bytes of JSON of the calls, and of the requests, in one answer. */
const maxBytes = 131_072;
/** Characters of an operation: calls by an axios adapter have their own path there. */
const maxLabel = 500;

interface KeptCall extends Omit<CallOutcome, 'story'> {
  readonly reason: 'failed' | 'slow' | 'retried';
  readonly story: Story;
}

interface KeptRequest extends ServedRequest {
  readonly reason: 'failed' | 'slow';
  readonly endedAtMs: number;
}

/**
 * Keeps the latest calls and requests that failed or were slow, for operators: 100 of each. Nothing is kept of others, and
 * stories are turned into text only where they are read.
 *
 * Scope: service; the calls are those of all upstreams in the process.
 */
export class RecentCalls implements ServiceListener, TelemetryListener {
  readonly #calls: Newest<KeptCall> = newestOf(most);
  readonly #requests: Newest<KeptRequest> = newestOf(most);
  readonly #streams: ReadonlySet<string>;
  readonly #endWatch: () => void;

  constructor({ operations }: Contract) {
    // The time of a stream is no delay: it lasts as long as its client likes.
    this.#streams = new Set(
      Object.values(operations).flatMap(({ label, output }) => (isStream(output) ? [label] : [])),
    );
    this.#endWatch = watchUpstreams((upstream) => upstream.subscribe(this));
  }

  onCall(outcome: CallOutcome): void {
    const reason = reasonOfCall(outcome);
    if (reason === undefined) return;
    const { upstream, operation, durationMs, status, code, traceId, attempts, fate, requestId, story } = outcome;
    this.#calls.add({
      upstream,
      operation,
      durationMs,
      status,
      code,
      traceId,
      attempts,
      fate,
      requestId,
      reason,
      story,
    });
  }

  onRequest(request: ServedRequest): void {
    const reason = this.#reasonOfRequest(request);
    if (reason !== undefined) this.#requests.add({ ...request, reason, endedAtMs: Date.now() });
  }

  /** The calls, newest first. */
  calls(): readonly ShownCall[] {
    return withinBytes(this.#calls.all(), shownCall);
  }

  /** The requests, newest first. */
  requests(): readonly ShownRequest[] {
    return withinBytes(this.#requests.all(), shownRequest);
  }

  /** Listens no more. */
  close(): void {
    this.#endWatch();
  }

  #reasonOfRequest({ status, code, durationMs, operation }: ServedRequest): KeptRequest['reason'] | undefined {
    // What load shedding refuses is counted elsewhere: there may be thousands.
    if (status >= 500 && code !== 'overloaded') return 'failed';
    return durationMs >= slowMs && !this.#streams.has(operation ?? '') ? 'slow' : undefined;
  }
}

function reasonOfCall({ code, status = 503, durationMs, fate }: CallOutcome): KeptCall['reason'] | undefined {
  const isFailure = code !== undefined && (status >= 500 || status === 429) && fate !== 'cancelled';
  if (isFailure) return 'failed';
  if (durationMs >= slowMs) return 'slow';
  return fate === 'success_after_retry' || fate === 'success_after_hedge' ? 'retried' : undefined;
}

/** What fits, newest first: the oldest are left out. */
function withinBytes<Kept, Shown>(kept: readonly Kept[], show: (kept: Kept) => Shown): readonly Shown[] {
  const shown: Shown[] = [];
  let bytes = 0;
  for (const one of kept) {
    const next = show(one);
    bytes += Buffer.byteLength(JSON.stringify(next));
    if (bytes > maxBytes) break;
    shown.push(next);
  }
  return shown;
}

function shownCall({ story, operation, durationMs, ...rest }: KeptCall) {
  return {
    ...rest,
    operation: boundedText(operation, maxLabel),
    startedAt: story.startedAt,
    durationMs: inMicroseconds(durationMs),
    timeline: String(story).split('\n').slice(1),
    events: story.events.map((event) => ({ ...event })),
  };
}

function shownRequest({ endedAtMs, operation = 'unmatched', method, durationMs, ...rest }: KeptRequest) {
  return {
    ...rest,
    method: boundedText(method, maxLabel),
    operation: boundedText(operation, maxLabel),
    startedAt: new Date(endedAtMs - durationMs).toISOString(),
    durationMs: inMicroseconds(durationMs),
  };
}

function inMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
