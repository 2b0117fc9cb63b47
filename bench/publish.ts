import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const readme = fileURLToPath(new URL('../README.md', import.meta.url));

/**
 * Writes what a benchmark measured into `bench/results/`: the figures as JSON, and what is made from them.
 *
 * @param made texts by the ending of their file: `md`, `svg`
 */
export function writeResults(benchmark: string, results: object, made: Readonly<Record<string, string>>): void {
  const texts = { json: `${JSON.stringify(results, null, 2)}\n`, ...made };
  for (const [ending, text] of Object.entries(texts)) {
    writeFileSync(fileURLToPath(new URL(`results/${benchmark}.${ending}`, import.meta.url)), text);
  }
}

/** Puts a benchmark's figures between the two comments in README that mark their place. */
export function writeReadme(benchmark: string, figures: string): void {
  const marked = new RegExp(`(<!-- bench:${benchmark}[^>]*-->\\n\\n)[\\s\\S]*?(\\n\\n<!-- bench:end -->)`);
  writeFileSync(
    readme,
    readFileSync(readme, 'utf8').replace(marked, (_, before, after) => before + figures + after),
  );
}
