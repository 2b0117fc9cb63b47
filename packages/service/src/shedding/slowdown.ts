/** Windows that the usual latency is an average of. As Netflix Gradient2. */
const usualWindows = 600;
/** Windows of warm-up; the best of them counts, since code is cold then, or the service starts under load. */
const warmUpWindows = 10;
/** A latency that grew by no more than this, in ms, is no queue: a turn of the event loop in which others were served. */
const slackMs = 25;

interface Latency {
  usualMs: number;
  windows: number;
  sumMs: number;
  count: number;
}

/**
 * Tells how much slower requests are than usual. Each kind of request is compared with its own usual latency, a long
 * moving average, so that more of the slow kind is no slowdown.
 */
export class Slowdown {
  readonly #latencies = new Map<object, Latency>();
  #count = 0;

  /** How many requests this window has so far. */
  get count(): number {
    return this.#count;
  }

  /** Notes how long one request took. There must be a bounded number of kinds. */
  record(kind: object, latencyMs: number): void {
    let latency = this.#latencies.get(kind);
    if (!latency) {
      latency = { usualMs: Number.POSITIVE_INFINITY, windows: 0, sumMs: 0, count: 0 };
      this.#latencies.set(kind, latency);
    }
    latency.sumMs += latencyMs;
    latency.count++;
    this.#count++;
  }

  /** Records a request that its caller gave up after `latencyMs`: it counts only if it was slow already. */
  recordAtLeast(kind: object, latencyMs: number): void {
    const latency = this.#latencies.get(kind);
    if (latency && latencyMs > latency.usualMs) this.record(kind, latencyMs);
  }

  /** Ends a window: how many times slower its requests were than usual, 1 where they were not. Nothing without requests. */
  endWindow(): number | undefined {
    if (this.#count === 0) return undefined;
    let sum = 0;
    for (const latency of this.#latencies.values()) {
      if (latency.count > 0) sum += latency.count * endWindowOf(latency);
    }
    const slowdown = sum / this.#count;
    this.#count = 0;
    return slowdown;
  }
}

function endWindowOf(latency: Latency): number {
  const averageMs = latency.sumMs / latency.count;
  latency.sumMs = 0;
  latency.count = 0;
  latency.windows++;
  if (latency.windows <= warmUpWindows) latency.usualMs = Math.min(latency.usualMs, averageMs);
  else latency.usualMs += (2 / (usualWindows + 1)) * (averageMs - latency.usualMs);
  // Back from a long overload: the average remembers it for a minute, in which queues would pass for usual.
  if (latency.usualMs > 2 * averageMs) latency.usualMs *= 0.95;
  return Math.max(1, averageMs / (latency.usualMs + slackMs));
}
