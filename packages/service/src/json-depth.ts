const quote = 0x22;
const backslash = 0x5c;

/**
 * Whether JSON is nested deeper than this, seen before it is parsed: 100 kB of `[` would take the stack of a validator
 * that calls itself. Text that is no JSON may give either answer.
 */
export function isDeeperThan(json: Buffer, deepest: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) at = endOfString(json, at + 1);
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > deepest) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}

function endOfString(json: Buffer, from: number): number {
  for (let at = from; at < json.length; at++) {
    if (json[at] === quote) return at;
    if (json[at] === backslash) at += 1;
  }
  return json.length;
}
