const msOfUnit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const bytesOfUnit: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A duration as nginx and compose write it, in ms: `200ms`, `1m30s`, `65` (seconds). Undefined where it is none. */
export function msOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g);
  return parts.reduce((total, [, count, unit = '']) => total + Number(count) * (msOfUnit[unit] ?? 0), 0);
}

/** A size as nginx writes it, in bytes: `16k`, `1m`. Undefined where it is none. */
export function bytesOf(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (bytesOfUnit[unit.toLowerCase()] ?? 1);
}
