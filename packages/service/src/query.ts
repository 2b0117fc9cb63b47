import { parse } from 'node:querystring';
import { CallError } from '@parley/contract';

/**
 * Reads a query: flat, a parameter that comes twice as a list, `__proto__` like every other name. Node's own parser makes
 * something of whatever it gets; here bytes that are no UTF-8 are refused instead of replaced.
 *
 * @throws CallError `invalid_input`
 */
export function parseQuery(text: string | undefined): Record<string, unknown> {
  if (!text) return {};
  if (text.includes('%') && !isPercentEncoding(text)) {
    throw new CallError('invalid_input', 'Query is not valid percent-encoding');
  }
  // Node stops reading at 1000 parameters without a word.
  return parse(text, '&', '=', { maxKeys: 0 });
}

function isPercentEncoding(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
