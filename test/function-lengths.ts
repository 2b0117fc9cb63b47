/** One function, as it stands in a formatted file. */
export interface FunctionLength {
  /** The line where its body begins, trimmed. */
  readonly head: string;
  /** Of its body, the braces included. */
  readonly lines: number;
}

const opensBlock = /\{$/;
const isFunction = /(=>|\)|\): [^={}]+|\bfunction\*? ?\w*\(.*) \{$/;
const isOther = /^(\} )?(if|for|while|switch|catch|else|do|try|class|export class|interface|export interface)\b/;

/** The functions of a file that biome has formatted: there, a block ends at the first line that is indented as its beginning. */
export function functionLengths(text: string): readonly FunctionLength[] {
  const lines = text.split('\n');
  const indentOf = (line: string) => line.length - line.trimStart().length;
  return lines.flatMap((line, start) => {
    const head = line.trim();
    if (!opensBlock.test(head) || !isFunction.test(head) || isOther.test(head)) return [];
    const length = lines.slice(start + 1).findIndex((next) => next.trim() !== '' && indentOf(next) <= indentOf(line));
    return [{ head, lines: length + 2 }];
  });
}
