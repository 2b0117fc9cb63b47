import { LocalError } from '../local-error.ts';
import { interpolate, type Variables } from './interpolation.ts';

/** `NAME=value`, with a value in single quotes, in double quotes, or up to the end of the line. Quotes may hold several lines. */
const statement =
  /^[^\S\n]*(?:export[^\S\n]+)?([\w.[\]-]+)[^\S\n]*[=:][^\S\n]*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|([^\n]*))/gms;

const escapes = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/**
 * The variables of an environment file, read as Docker Compose reads it: a comment after a value needs a space before it; `export` may
 * stand before a name; double quotes know `\n` and the like. Lines of another form are passed over.
 *
 * @param environment its variables, and those of earlier lines, are put in where a value has no single quotes. Default: values stay as
 *   they are
 */
export function parseEnvText(text: string, environment?: Variables): Readonly<Record<string, string>> {
  const read: Record<string, string> = {};
  // A dollar sign that begins no variable.
  const escaped: Readonly<Record<string, string>> = { ...escapes, $: environment ? '$$' : '$' };
  for (const [, name = '', single, double, plain = ''] of text.matchAll(statement)) {
    if (single !== undefined) {
      read[name] = single.replaceAll("\\'", "'");
      continue;
    }
    const value =
      double?.replaceAll(/\\([abfnrtv$"\\])/g, (_, what: string) => escaped[what] ?? what) ??
      (plain.split(' #', 1)[0] ?? '').trimEnd();
    read[name] = environment ? filledIn(name, value, { ...read, ...environment }) : value;
  }
  return read;
}

/**
 * A value with its variables put in.
 *
 * @throws LocalError where a variable must be set; else one that names this variable, and shows nothing of the value: it may be a password
 */
function filledIn(name: string, value: string, variables: Variables): string {
  const text = withoutBareDollars(value);
  try {
    interpolate(text, variables, { isLenient: true });
  } catch {
    throw new LocalError(
      `.env: ${name}: expected variables such as \${NAME}, got something else: write $$ for a dollar sign`,
    );
  }
  return interpolate(text, variables);
}

/** Compose leaves a dollar sign as it is where no name follows: in a password. */
function withoutBareDollars(value: string): string {
  return value.replaceAll(/\$\$|\$(?![A-Za-z_{])/g, () => '$$');
}
