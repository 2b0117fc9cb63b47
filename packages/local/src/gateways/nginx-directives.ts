/** One directive of an nginx configuration. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** What its braces hold, for a directive that has braces. */
  readonly block: readonly Directive[] | undefined;
}

const token = /\s+|#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[;{}]|(?:\$\{[^}]*\}|\\.|[^\s;{}])+/gsy;

/** Reads the directives of an nginx configuration. What nginx itself would refuse is read as far as it makes sense. */
export function parseDirectives(text: string): Directive[] {
  const tokens = (text.match(token) ?? []).filter((word) => !/^(\s|#)/.test(word));
  return blockOf(tokens.values());
}

/** All directives of this name, inside blocks too. */
export function directivesNamed(name: string, directives: readonly Directive[]): Directive[] {
  return directives.flatMap((directive) => [
    ...(directive.name === name ? [directive] : []),
    ...directivesNamed(name, directive.block ?? []),
  ]);
}

function blockOf(tokens: IterableIterator<string>): Directive[] {
  const directives: Directive[] = [];
  let words: string[] = [];
  for (const word of tokens) {
    if (word === '}') break;
    if (word !== ';' && word !== '{') {
      words.push(unquoted(word));
      continue;
    }
    const [name = '', ...args] = words;
    directives.push({ name, args, block: word === '{' ? blockOf(tokens) : undefined });
    words = [];
  }
  return directives;
}

function unquoted(word: string): string {
  return /^(["']).*\1$/s.test(word) ? word.slice(1, -1).replace(/\\(.)/gs, '$1') : word;
}
