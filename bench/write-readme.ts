import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const readme = fileURLToPath(new URL('../README.md', import.meta.url));

/** Puts a benchmark's figures between the two comments in README that mark their place. */
export function writeReadme(benchmark: string, figures: string): void {
  const marked = new RegExp(`(<!-- bench:${benchmark}[^>]*-->\\n\\n)[\\s\\S]*?(\\n\\n<!-- bench:end -->)`);
  writeFileSync(
    readme,
    readFileSync(readme, 'utf8').replace(marked, (_, before, after) => before + figures + after),
  );
}
