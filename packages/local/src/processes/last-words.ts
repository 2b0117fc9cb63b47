const kept = 3;

/** The last lines that may explain why a process stopped: from its standard error, and from its log at `error` or above. */
export class LastWords {
  readonly #lines: string[] = [];

  /** Takes note of a line. */
  hear(line: string, isError: boolean): void {
    // Under the line of code that threw, Node puts a caret.
    if (isError && /^\s*\^+\s*$/.test(line)) return void this.#lines.pop();
    const words = isError ? complaint(line) : loggedError(line);
    if (!words) return;
    this.#lines.push(words);
    if (this.#lines.length > kept) this.#lines.shift();
  }

  /** Forgets the lines of an earlier process. */
  clear(): void {
    this.#lines.length = 0;
  }

  toString(): string {
    return this.#lines.join(' | ');
  }
}

function complaint(line: string): string | undefined {
  // Node prints the throwing line, a stack, the error's properties and its version around the message: only that helps here.
  const isProperty = /^\s+\[?\w+\]?: /.test(line);
  const isNoise = isProperty || /^\s*(at |node:|(file:\/\/)?\/\S+:\d+$|Node\.js v|[{}]|$)/.test(line);
  return isNoise ? undefined : line.trim();
}

function loggedError(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { level, msg, err } = JSON.parse(line);
    if (!['error', 'fatal', 50, 60].includes(level)) return undefined;
    return [msg, err?.message].filter(Boolean).join(': ');
  } catch {
    return undefined;
  }
}
