/** Characters of the longest name that file systems take. */
export const longestFileName = 255;

/**
 * What a name from the other side is as the name of a file: without folders and control characters. Undefined where nothing
 * is left, or a folder: `..`. It is no path all the same: names may repeat, and mean something to a shell.
 */
export function safeFileName(name: string): string | undefined {
  const last = name.split(/[\\/]/).at(-1) ?? '';
  const safe = last.replace(/\p{Cc}/gu, '');
  return safe === '' || safe === '.' || safe === '..' ? undefined : safe;
}
