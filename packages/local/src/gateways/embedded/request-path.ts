/**
 * The path by which nginx chooses a location: decoded, without dot segments and doubled slashes; undefined where nginx
 * answers 400: what cannot be decoded, holds a NUL or leads above the root.
 *
 * @param target in origin form, as {@link requestTarget} gives it
 */
export function requestPath(target: string): string | undefined {
  const decoded = decode(/^[^?#]*/.exec(target)?.[0] ?? '');
  if (!decoded?.startsWith('/') || decoded.includes('\0')) return undefined;
  const segments: string[] = [];
  for (const segment of decoded.split('/').slice(1)) {
    if (segment === '..' && segments.length === 0) return undefined;
    if (segment === '..') segments.pop();
    else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  const isFolder = /\/\.{0,2}$/.test(decoded);
  return segments.length > 0 && !isFolder
    ? `/${segments.join('/')}`
    : `/${segments.map((segment) => `${segment}/`).join('')}`;
}

// As `$is_climbing` in nginx.conf.
const climbing = /^[^?#]*(\/(\.|%2e){2}%2f|%2f(\.|%2e){2}(%2f|[/?#]|$)|\/(\.%2e|%2e(\.|%2e))([/?#]|$)|\/\.\.([?#]|$))/i;

/**
 * Whether a parameter of a path is `..`, alone or beside a `/` that is encoded. A service refuses it with 400. To a gateway it
 * leads to another path, where there may be no service.
 *
 * @param target in origin form
 */
export function isClimbing(target: string): boolean {
  return climbing.test(target);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
