// As `$is_climbing` in nginx.conf, which says why.
const climbing = /^[^?#]*(\/(\.|%2e){1,2}([/;?#]|$)|\/(\.|%2e){2}%2f|%2f(\.|%2e){2}(%2f|[/;?#]|$))/i;

/**
 * The path by which nginx chooses a location: decoded. Undefined where the gateways answer 400: to what cannot be decoded, holds a
 * NUL, or has `.` or `..` as a segment, encoded too: the path is passed on as it was sent, and a service could find another resource.
 *
 * @param target in origin form, as {@link requestTarget} gives it
 */
export function requestPath(target: string): string | undefined {
  if (climbing.test(target)) return undefined;
  const decoded = decode(/^[^?#]*/.exec(target)?.[0] ?? '');
  return decoded?.startsWith('/') && !decoded.includes('\0') ? decoded : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
