import { LocalError } from '../local-error.ts';

/** Values by name, as in `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** How strict {@link interpolate} is. */
export interface InterpolationOptions {
  /** Takes a required variable that is missing (`${VAR:?why}`) as empty. @default false */
  readonly isLenient?: boolean;
}

interface Piece {
  readonly value: string;
  readonly end: number;
}

/**
 * Puts variables into a text the way Docker Compose does: `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`,
 * `${VAR:?why}`, `${VAR?why}`, `${VAR:+instead}`, `${VAR+instead}`, and `$$` for a dollar sign. A default may hold variables.
 */
export function interpolate(text: string, variables: Variables, options: InterpolationOptions = {}): string {
  let result = '';
  let at = 0;
  for (;;) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return result + text.slice(at);
    const piece = expansionAt(text, dollar, variables, options);
    result += text.slice(at, dollar) + piece.value;
    at = piece.end;
  }
}

function expansionAt(text: string, dollar: number, variables: Variables, options: InterpolationOptions): Piece {
  const next = text[dollar + 1];
  if (next === '$') return { value: '$', end: dollar + 2 };
  if (next === '{') {
    const end = closingBrace(text, dollar + 1);
    return { value: substitute(text.slice(dollar + 2, end), variables, options), end: end + 1 };
  }
  const name = /^[A-Za-z_]\w*/.exec(text.slice(dollar + 1))?.[0];
  if (!name) throw new LocalError(`expected a variable after "$" in "${text}": write "$$" for a dollar sign`);
  return { value: given(name, variables) ?? '', end: dollar + 1 + name.length };
}

function closingBrace(text: string, openingBrace: number): number {
  let depth = 0;
  for (let at = openingBrace; at < text.length; at++) {
    if (text[at] === '{' && (at === openingBrace || text[at - 1] === '$')) depth++;
    if (text[at] === '}' && --depth === 0) return at;
  }
  throw new LocalError(`expected "}" to end the variable in "${text}"`);
}

function substitute(expression: string, variables: Variables, options: InterpolationOptions): string {
  const [, name, operator = '', rest = ''] = /^([A-Za-z_]\w*)(?:(:?[-?+])(.*))?$/s.exec(expression) ?? [];
  if (!name) throw new LocalError(`expected a variable such as \${NAME} or \${NAME:-default}, got "\${${expression}}"`);
  const value = given(name, variables);
  const isGiven = operator.startsWith(':') ? Boolean(value) : value !== undefined;
  if (operator.endsWith('+')) return isGiven ? interpolate(rest, variables, options) : '';
  if (isGiven || operator === '') return value ?? '';
  if (operator.endsWith('-')) return interpolate(rest, variables, options);
  if (options.isLenient) return '';
  throw new LocalError(
    `${name} must be set: ${interpolate(rest, variables, { isLenient: true }) || 'it has no default'}`,
  );
}

function given(name: string, variables: Variables): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}
