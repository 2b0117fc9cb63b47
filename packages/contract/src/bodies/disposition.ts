import { longestFileName, safeFileName } from './file-name.ts';

/** Characters of the header that are read: two names of 255 characters, each byte encoded, are shorter. */
const maxHeader = 4096;

/**
 * The name of a file that a reply suggests in `Content-Disposition`, without folders: the other side chose it. RFC 6266,
 * RFC 8187.
 */
export function fileNameOf(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const header = given.slice(0, maxHeader);
  const [, extended] = /;\s*filename\*\s*=\s*utf-8'[^']*'([^\s;]+)/i.exec(header) ?? [];
  const name = decoded(extended) ?? plainName(header);
  return name === undefined ? undefined : safeFileName(name)?.slice(0, longestFileName);
}

function decoded(extended: string | undefined): string | undefined {
  try {
    return extended === undefined ? undefined : decodeURIComponent(extended);
  } catch {
    return undefined;
  }
}

function plainName(header: string): string | undefined {
  const [, quoted, token] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/i.exec(header) ?? [];
  return quoted?.replace(/\\(.)/g, '$1') ?? token;
}
