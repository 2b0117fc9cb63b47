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
 * Reads the directives of one file of an nginx configuration, with their lines. What nginx itself would refuse is read as far as it makes
 * sense.
 */
export function nginxDirectives(text: string, file: string): readonly NginxDirective[] {
  let line = 1;
  const words: Word[] = [];
  for (const [word] of text.matchAll(token)) {
    if (!/^[\s#]/.test(word)) words.push({ text: word, line });
    line += word.split('\n').length - 1;
  }
  return blockOf(words.values(), file);
}

/**
 * The directives of a file, with those of the files that it includes in place of each `include`.
 *
 * @param filesOf what each file holds that a pattern such as `conf.d/*.conf` matches; none where there is no such file
 */
export function includedDirectives(
  directives: readonly NginxDirective[],
  filesOf: (pattern: string) => readonly (readonly NginxDirective[])[],
  depth = 0,
): readonly NginxDirective[] {
  // nginx itself has no limit, and ends at a file that includes itself when it has no descriptors left.
  if (depth > 20) return directives;
  return directives.flatMap((directive): readonly NginxDirective[] => {
    const { name, args, block } = directive;
    if (name === 'include') {
      return filesOf(args[0] ?? '').flatMap((included) => includedDirectives(included, filesOf, depth + 1));
    }
    return [block ? { ...directive, block: includedDirectives(block, filesOf, depth) } : directive];
  });
}

function blockOf(words: IterableIterator<Word>, file: string): NginxDirective[] {
  const directives: NginxDirective[] = [];
  let read: Word[] = [];
  for (const word of words) {
    if (word.text === '}') break;
    if (word.text !== ';' && word.text !== '{') {
      read.push(word);
      continue;
    }
    const [name, ...args] = read;
    const block = word.text === '{' ? blockOf(words, file) : undefined;
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
