const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** How much JSON may hold, whatever its length in bytes. */
export interface JsonLimits {
  /** Arrays and objects within each other. */
  readonly maxDepth: number;
  /** Members of all objects and elements of all arrays together. */
  readonly maxValues: number;
}

/**
 * Finds the limit that JSON exceeds, before it is parsed. Depth: 100 kB of `[` would take the stack of a validator that
 * calls itself. Values: 1 MiB of `1,1,1` costs 8 ms to parse, but 2 s of CPU where each is not what a schema wants. Looks at
 * each byte once. Text that is no JSON may give any answer.
 */
export function exceededLimit(json: Buffer, { maxDepth, maxValues }: JsonLimits): keyof JsonLimits | undefined {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) at = endOfString(json, at + 1);
    else if (byte === comma) values += 1;
    else if (byte === openBracket || byte === openBrace) {
      depth += 1;
      if (depth > maxDepth) return 'maxDepth';
      if (!isEmpty(json, at + 1)) values += 1;
    } else if (byte === closeBracket || byte === closeBrace) depth -= 1;
    if (values > maxValues) return 'maxValues';
  }
  return undefined;
}

function isEmpty(json: Buffer, from: number): boolean {
  let at = from;
  while (isWhitespace(json[at])) at++;
  return json[at] === closeBracket || json[at] === closeBrace;
}

function isWhitespace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function endOfString(json: Buffer, from: number): number {
  for (let at = from; at < json.length; at++) {
    if (json[at] === quote) return at;
    if (json[at] === backslash) at += 1;
  }
  return json.length;
}
