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
  if (!text.includes('%') && !text.includes('+')) return plain(text);
  // Node stops reading at 1000 parameters without a word.
  return parse(text, '&', '=', { maxKeys: 0 });
}

/** The same where nothing is encoded, which is most often: Node's parser looks at each byte for what might be. */
function plain(text: string): Record<string, unknown> {
  const query: Record<string, unknown> = Object.create(null);
  for (const parameter of text.split('&')) {
    if (parameter === '') continue;
    const equals = parameter.indexOf('=');
    const name = equals < 0 ? parameter : parameter.slice(0, equals);
    const value = equals < 0 ? '' : parameter.slice(equals + 1);
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  return query;
}

function isPercentEncoding(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
