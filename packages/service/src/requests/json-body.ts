import { isUtf8 } from 'node:buffer';
import { exceededLimit, type JsonLimits } from './json-limits.ts';
import { malformed, tooLarge } from './refused-body.ts';

/**
 * Parses a body of JSON strictly: an object or array, in UTF-8, within its limits, which are checked before anything is parsed.
 *
 * @throws CallError `malformed_body`, `body_too_large`
 */
export function parsedJson(bytes: Buffer, limits: JsonLimits): unknown {
  // As `{}` of a client that has nothing to say.
  if (bytes.length === 0) return {};
  const text = textIn(bytes);
  const exceeded = exceededLimit(bytes, limits);
  if (exceeded === 'maxDepth') throw malformed(`is nested deeper than ${limits.maxDepth}`);
  if (exceeded) throw tooLarge(`has more than ${limits.maxValues} members and elements`);
  const json = jsonIn(text);
  if (typeof json === 'object' && json !== null) return json;
  throw malformed('is not a JSON object or array');
}

/** The text of a body. @throws CallError `malformed_body` where it is not UTF-8: decoding would hide that */
export function textIn(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw malformed('is not valid UTF-8');
  return bytes.toString('utf8', hasByteOrderMark(bytes) ? 3 : 0);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message quotes the body.
    return undefined;
  }
}

// RFC 8259 §8.1: who parses may ignore it.
function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
