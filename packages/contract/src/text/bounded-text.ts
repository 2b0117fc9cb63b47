/**
 * Cuts a text that may come from the other side to `max` characters (UTF-16 units), the ellipsis included. A text that
 * is not longer stays as it is.
 */
export function boundedText(text: string, max: number): string {
  if (text.length <= max) return text;
  // Not within a surrogate pair.
  const end = isHighSurrogate(text.charCodeAt(max - 2)) ? max - 2 : max - 1;
  return `${text.slice(0, end)}…`;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
