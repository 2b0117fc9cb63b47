import { LocalError } from '../../local-error.ts';

/** One directive of an nginx configuration, and where it stands. */
export interface NginxDirective {
  readonly name: string;
  /** Without their quotes. */
  readonly args: readonly string[];
  /** From the repository: `nginx/proxy.conf`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** What its braces hold, for a directive that has braces. */
  readonly block: readonly NginxDirective[] | undefined;
}

interface Word {
  readonly text: string;
  readonly line: number;
}

const token = /\s+|#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[;{}]|(?:\$\{[^}]*\}|\\.|[^\s;{}])+/gsy;

/**
 * Reads the directives of one file of an nginx configuration. What nginx itself would refuse is read as far as it makes sense.
 *
 * @param file its name. Default: none, where only the directives count
 * @throws LocalError where more than 100 blocks are within each other
 */
export function nginxDirectives(text: string, file = ''): readonly NginxDirective[] {
  let line = 1;
  const words: Word[] = [];
  for (const [word] of text.matchAll(token)) {
    if (!/^[\s#]/.test(word)) words.push({ text: word, line });
    line += word.split('\n').length - 1;
  }
  return blockOf(words.values(), file);
}

/** All directives of this name, inside blocks too. */
export function directivesNamed(name: string, directives: readonly NginxDirective[]): readonly NginxDirective[] {
  return directives.flatMap((directive) => [
    ...(directive.name === name ? [directive] : []),
    ...directivesNamed(name, directive.block ?? []),
  ]);
}

/** Blocks within each other. nginx has no more than six. */
const maxDepth = 100;

function blockOf(words: IterableIterator<Word>, file: string, depth = 0): NginxDirective[] {
  const directives: NginxDirective[] = [];
  let read: Word[] = [];
  for (const word of words) {
    if (word.text === '}') break;
    if (word.text !== ';' && word.text !== '{') {
      read.push(word);
      continue;
    }
    if (word.text === '{' && depth === maxDepth) {
      throw new LocalError(
        `${file || 'nginx configuration'}:${word.line}: expected at most ${maxDepth} blocks within each other, got more: is it nginx's?`,
      );
    }
    const [name, ...args] = read;
    const block = word.text === '{' ? blockOf(words, file, depth + 1) : undefined;
    const line = name?.line ?? word.line;
    directives.push({
      name: unquoted(name?.text ?? ''),
      args: args.map(({ text }) => unquoted(text)),
      file,
      line,
      block,
    });
    read = [];
  }
  return directives;
}

function unquoted(word: string): string {
  return /^(["']).*\1$/s.test(word) ? word.slice(1, -1).replace(/\\(["'\\])/g, '$1') : word;
}
