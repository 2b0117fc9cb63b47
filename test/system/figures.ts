import type { AttemptOutcome, TelemetryListener } from '@parley/client';

/** How calls went that began within a time. */
export interface Figures {
  readonly calls: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

interface Timed {
  readonly startMs: number;
  readonly ms: number;
}

/** Keeps how long calls took, and where their attempts went. Times are those of `performance.now()`. */
export class CallRecord implements TelemetryListener {
  readonly #calls: Timed[] = [];
  readonly #attempts: (Timed & { readonly endpoint: string })[] = [];

  /** A listener of an upstream. */
  onAttempt({ endpoint, durationMs }: AttemptOutcome): void {
    this.#attempts.push({ endpoint, startMs: performance.now() - durationMs, ms: durationMs });
  }

  /** Times one call, however it ends. */
  async time<T>(call: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    try {
      return await call();
    } finally {
      this.#calls.push({ startMs, ms: performance.now() - startMs });
    }
  }

  get attemptsPerCall(): number {
    return this.#attempts.length / this.#calls.length;
  }

  /** Of calls that began in between. */
  figures(fromMs: number, toMs = Number.POSITIVE_INFINITY): Figures {
    const sorted = within(this.#calls, fromMs, toMs)
      .map(({ ms }) => ms)
      .sort((a, b) => a - b);
    const [p50Ms, p95Ms, p99Ms] = [quantile(sorted, 0.5), quantile(sorted, 0.95), quantile(sorted, 0.99)];
    return { calls: sorted.length, p50Ms, p95Ms, p99Ms };
  }

  /** The part of all attempts, begun since then, that went to one endpoint. */
  shareOf(endpoint: string, fromMs: number): number {
    const since = within(this.#attempts, fromMs, Number.POSITIVE_INFINITY);
    return since.filter((attempt) => attempt.endpoint === endpoint).length / since.length;
  }
}

function within<T extends Timed>(all: readonly T[], fromMs: number, toMs: number): T[] {
  return all.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
}

/** Nearest rank. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}

/** Lines of text, one a row, with the columns of a table. */
export function textTable(rows: readonly Readonly<Record<string, string | number>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map((row) => names.map((name) => String(row[name])))];
  const widths = names.map((_, column) => Math.max(...cells.map((line) => (line[column] ?? '').length)));
  const lines = cells.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}
