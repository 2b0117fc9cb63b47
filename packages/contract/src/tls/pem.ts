/** A certificate, key or CA: PEM as text or bytes, or the file that holds it and is watched for changes. */
export type Pem = string | Uint8Array | PemFile;

/** A file that holds PEM. */
export interface PemFile {
  /** Path of the file. */
  readonly file: string;
}

/** Whether the PEM is in a file. */
export function isPemFile(pem: Pem): pem is PemFile {
  return typeof pem === 'object' && 'file' in pem;
}

/** The text of PEM that was given as text or bytes, or that was read from its file. Does not check it. */
export function pemText(content: string | Uint8Array): string {
  return typeof content === 'string' ? content : new TextDecoder().decode(content);
}

/** Whether the text holds any PEM. False for DER, for an empty file and for the path of a file. */
export function hasPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}
