const pattern =
  /^(?:\*\/\*$|[\w!#$&^.+-]+\/(?:\*|[\w!#$&^.+-]+)(?:\s*;\s*[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[^"\r\n]*"))*)$/;

/** A media type without its parameters, in lower case: `text/csv` of `Text/CSV; charset=utf-8`. */
function bareType(type: string): string {
  return (type.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** Whether a media type is one of these; `image/*` stands for all images, and a star on both sides for everything. */
export function isOneOf(type: string, types: readonly string[]): boolean {
  const bare = bareType(type);
  return types.some((one) => {
    const wanted = bareType(one);
    return wanted === '*/*' || wanted === bare || (wanted.endsWith('/*') && bare.startsWith(wanted.slice(0, -1)));
  });
}

/**
 * The media types that a body of a contract may have.
 *
 * @throws TypeError where one is none: `image/png`, or `image/*` for all images
 */
export function mediaTypes(given: string | readonly string[]): readonly string[] {
  const types = [given].flat();
  const wrong = types.find((type) => typeof type !== 'string' || !pattern.test(type));
  if (types.length > 0 && wrong === undefined) return types;
  throw new TypeError(
    `type must be a media type such as image/png, or image/* for all images, not ${JSON.stringify(wrong)}`,
  );
}
