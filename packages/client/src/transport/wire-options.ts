/** A call's own settings for the wire, as axios names them; the adapter gets them as they are. */
export interface WireOptions {
  readonly decompress?: boolean | undefined;
  readonly maxContentLength?: number | undefined;
  readonly maxBodyLength?: number | undefined;
  readonly maxRedirects?: number | undefined;
  readonly beforeRedirect?: unknown;
  readonly sensitiveHeaders?: unknown;
  readonly responseEncoding?: string | undefined;
  readonly onUploadProgress?: unknown;
  readonly onDownloadProgress?: unknown;
}

const names = [
  'decompress',
  'maxContentLength',
  'maxBodyLength',
  'maxRedirects',
  'beforeRedirect',
  'sensitiveHeaders',
  'responseEncoding',
  'onUploadProgress',
  'onDownloadProgress',
] as const;

/** Picks them from an axios config; nothing where it has none of them set. */
export function wireOptions(config: WireOptions): WireOptions | undefined {
  let picked: Record<string, unknown> | undefined;
  for (const name of names) {
    const value = config[name];
    if (value === undefined || value === null || value === -1) continue; // -1: axios' own default, no limit
    picked ??= {};
    picked[name] = value;
  }
  return picked;
}
