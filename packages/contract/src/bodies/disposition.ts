import { longestFileName, safeFileName } from './file-name.ts';

/**
 * The name of a file that a reply suggests in `Content-Disposition`, without folders: the other side chose it. RFC 6266,
 * RFC 8187.
 */
export function fileNameOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
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
