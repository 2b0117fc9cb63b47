import type { AxiosProgressEvent } from './axios.ts';

/** At most three events a second, as axios does. */
const intervalMs = 1_000 / 3;

/** The rate is the average of this time. */
const rateWindowMs = 5_000;

/** Tells a listener how far a body has got, in the shape of axios' own events. Holds no timer. */
export class Progress {
  readonly #direction: 'upload' | 'download';
  readonly #listener: (event: AxiosProgressEvent) => void;
  #total: number | undefined;
  #loaded = 0;
  #reported = 0;
  #reportedAtMs = Number.NEGATIVE_INFINITY;
  #hasNews = false;
  #samples: { readonly atMs: number; readonly loaded: number }[] = [];

  constructor(direction: 'upload' | 'download', listener: (event: AxiosProgressEvent) => void, total?: number) {
    this.#direction = direction;
    this.#listener = listener;
    this.#total = total;
  }

  /** The whole length, where it becomes known. */
  expect(contentLength: unknown): void {
    if (contentLength !== undefined && Number.isFinite(Number(contentLength))) this.#total = Number(contentLength);
  }

  advance(bytes: number): void {
    this.#loaded += bytes;
    this.#hasNews = true;
    if (performance.now() - this.#reportedAtMs >= intervalMs) this.#tell();
  }

  /** Reports what was not reported yet: the last event always has all bytes. */
  end(): void {
    if (this.#hasNews) this.#tell();
  }

  #tell(): void {
    const total = this.#total;
    const loaded = total === undefined ? this.#loaded : Math.min(this.#loaded, total);
    const rate = this.#rate(loaded);
    const left = total === undefined ? undefined : total - loaded;
    const event = {
      loaded,
      total,
      progress: total ? loaded / total : undefined,
      bytes: loaded - this.#reported,
      rate,
      estimated: rate && left !== undefined ? left / rate : undefined,
      event: { lengthComputable: total !== undefined, total, loaded: this.#loaded },
      lengthComputable: total !== undefined,
      [this.#direction]: true,
    };
    this.#reported = loaded;
    this.#hasNews = false;
    // Not from within the parser: an error of the listener must not reach it.
    process.nextTick(this.#listener, event);
  }

  /** Bytes per second; none in the first quarter of a second. */
  #rate(loaded: number): number | undefined {
    const now = performance.now();
    this.#reportedAtMs = now;
    this.#samples = this.#samples.filter(({ atMs }) => now - atMs <= rateWindowMs);
    this.#samples.push({ atMs: now, loaded });
    const [first] = this.#samples;
    if (!first || now - first.atMs < 250) return undefined;
    return Math.round(((loaded - first.loaded) * 1_000) / (now - first.atMs));
  }
}
