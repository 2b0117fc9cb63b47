/** A duration for people: `200 ms`, `12 s`. */
export function shownMs(ms: number): string {
  return ms < 1_000 || ms % 100 !== 0 ? `${ms} ms` : `${ms / 1_000} s`;
}

/** A size for people: `16 KiB`. */
export function shownBytes(bytes: number): string {
  if (bytes >= 1024 ** 2 && bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2} MiB`;
  return bytes >= 1024 ? `${Math.round((bytes / 1024) * 10) / 10} KiB` : `${bytes} bytes`;
}
