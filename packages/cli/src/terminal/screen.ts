import type { Output } from './output.ts';

// The second screen, no cursor, and no line break where a line is longer than the terminal.
const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

/** Text that is drawn again and again at one place. */
export interface Screen {
  draw(text: string): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

/** A screen of its own on a terminal, with the cursor hidden; elsewhere each drawing is written below the last one. */
export function openScreen(output: Output): Screen {
  if (!output.isTerminal) return { draw: (text) => output.line(text), close: () => {} };
  output.raw(enter);
  let isOpen = true;
  return {
    draw(text) {
      const lines = text.split('\n').slice(0, output.size.rows - 1);
      // Line by line over the old text: to clear first would flicker.
      output.raw(`${home}${lines.map((line) => `${line}${clearLine}`).join('\n')}\n${clearBelow}`);
    },
    close() {
      if (isOpen) output.raw(leave);
      isOpen = false;
    },
  };
}
