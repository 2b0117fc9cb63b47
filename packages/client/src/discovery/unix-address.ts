/** The system cuts a longer path, and would connect to another socket. */
const longestBytes = process.platform === 'linux' ? 107 : 103;

/** The path in `unix:/path`, which is a socket on this machine; none where an address is of another kind, or its path is too long for a socket. */
export function unixPath(address: string): string | undefined {
  const path = /^unix:(?:\/\/)?(\/[^/\0][^\0]*)$/.exec(address)?.[1];
  return path !== undefined && Buffer.byteLength(path) <= longestBytes ? path : undefined;
}
