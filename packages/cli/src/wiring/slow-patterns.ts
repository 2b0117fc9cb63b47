/**
 * Whether an expression repeats without bound what is itself nothing but an unbounded repetition: `(a+)+`, `(?:\w*)*`, `([a-z]+|x)+`. Other
 * expressions may be slow too; these always are.
 */
export function mayBacktrack(pattern: string): boolean {
  // Classes and escapes hold no groups: one letter in place of each keeps the rest readable.
  const plain = pattern.replace(/\\./g, 'x').replace(/\[\^?\]?[^\]]*\]/g, 'x');
  const innermost = /\((?:\?(?::|<\w+>|P<\w+>))?([^()]*)\)(\+|\*|\{\d+,\}|)/;
  for (let text = plain; ; ) {
    const found = innermost.exec(text);
    if (!found) return false;
    const [whole, body = '', repetition = ''] = found;
    if (repetition !== '' && body.split('|').some((branch) => /^[\w.%@/~]([+*]|\{\d+,\})$/.test(branch))) return true;
    // What is left of the group: one letter with its repetition, so that groups around it are seen.
    const inner = /^[\w.%@/~]([+*]|\{\d+,\})$/.exec(body)?.[1] ?? '';
    text = text.replace(whole, `x${repetition || inner}`);
  }
}
