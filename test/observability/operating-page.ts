import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../source-files.ts';
import type { Query } from './queries.ts';

/** A command of the page, with the lines that it prints by the page, where `…` stands for anything. */
export interface PageCommand {
  readonly command: string;
  readonly printed: readonly string[];
}

const page = readFileSync(join(root, 'docs/operating.md'), 'utf8');

/** The text below a heading of the second level. */
function chapter(heading: string): string {
  const [, after] = page.split(`\n## ${heading}\n`);
  if (after === undefined) throw new Error(`docs/operating.md has no heading ${heading}`);
  return after.split('\n## ')[0] as string;
}

const blocks = (text: string, kind: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, block]) => block as string);

/** The commands of the story, in order. One may have several lines: it ends where its output begins. */
export function storyCommands(): PageCommand[] {
  return blocks(chapter('The story'), 'sh').flatMap((block) => {
    const commands: { command: string; printed: string[] }[] = [{ command: '', printed: [] }];
    for (const line of block.trimEnd().split('\n')) {
      const last = commands.at(-1) as (typeof commands)[number];
      if (line.startsWith('# ')) last.printed.push(line.slice(2));
      else if (last.printed.length > 0) commands.push({ command: line, printed: [] });
      else last.command += last.command === '' ? line : `\n${line}`;
    }
    return commands;
  });
}

/** Queries in the sections about alerts, each with the name of its alert. */
export const pageQueries: readonly Query[] = chapter('The alerts')
  .split('\n### ')
  .flatMap((section) =>
    blocks(section, 'promql').map((expression) => ({ where: `operating.md: ${section.split('\n')[0]}`, expression })),
  );

/** Names of the sections about alerts. */
export const sections: readonly string[] = [...chapter('The alerts').matchAll(/^### (.+)$/gm)].map(
  ([, name]) => name as string,
);

/** Places in the page that a link may lead to, and those that links of its own lead to. */
export const anchors = {
  there: [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  ),
  linked: [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor as string),
};
