/** The path by which nginx chooses a location: decoded, without dot segments and doubled slashes; undefined if it cannot be decoded. */
export function requestPath(url: string): string | undefined {
  const written = /^(?:https?:\/\/[^/?#]*)?([^?#]*)/.exec(url)?.[1] || '/';
  const decoded = decode(written);
  if (!decoded?.startsWith('/')) return undefined;
  const segments: string[] = [];
  for (const segment of decoded.split('/').slice(1)) {
    if (segment === '..') segments.pop();
    else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  const isFolder = /\/\.{0,2}$/.test(decoded);
  return segments.length > 0 && !isFolder
    ? `/${segments.join('/')}`
    : `/${segments.map((segment) => `${segment}/`).join('')}`;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
