import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ComparedDocuments, comparedDocuments } from './compared-documents.ts';
import { otherOpinions } from './other-opinions.ts';

// `redocly-opinion.ts PROGRAM` with the path of Redocly's `cli.js`: exit code 1 where it judges a pair otherwise, and
// `other-opinions.ts` gives no reason, or the other way round.
const [, , program = ''] = process.argv;
const folder = mkdtempSync(join(tmpdir(), 'parley-redocly-'));
const atOnce = 2;

interface Opinion {
  readonly summary: { readonly major: number };
  readonly changes: readonly { readonly verdicts: readonly { readonly ruleId: string; readonly impact: string }[] }[];
}

async function opinionOn({ before, after }: ComparedDocuments, index: number): Promise<Opinion> {
  const [base, revision] = [before, after].map((document, side) => {
    const path = join(folder, `${index}-${side}.json`);
    writeFileSync(path, JSON.stringify(document));
    return path;
  }) as [string, string];
  const args = [program, 'diff', base, revision, '--format', 'json', '--fail-on', 'none'];
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off' };
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { env }, (error, stdout, stderr) =>
      error ? reject(new Error(stderr)) : resolve(stdout),
    );
  });
  return JSON.parse(output);
}

const differing = new Map<string, string>();
const rest = [...comparedDocuments.entries()];
async function compareRest(): Promise<void> {
  for (let next = rest.shift(); next; next = rest.shift()) {
    const [index, documents] = next;
    const { summary, changes } = await opinionOn(documents, index);
    if (summary.major > 0 === documents.isBreaking) continue;
    const verdicts = changes.flatMap((change) => change.verdicts.map(({ ruleId, impact }) => `${impact} ${ruleId}`));
    differing.set(
      documents.name,
      `we say ${documents.isBreaking ? 'breaking' : 'ok'}, Redocly ${verdicts.join(', ') || 'nothing'}`,
    );
  }
}
try {
  await Promise.all(Array.from({ length: atOnce }, compareRest));
} finally {
  rmSync(folder, { recursive: true });
}
const unexplained = [...differing].filter(([name]) => !Object.hasOwn(otherOpinions, name));
const outdated = Object.keys(otherOpinions).filter((name) => !differing.has(name));
for (const [name, verdicts] of unexplained) console.log(`${name}: ${verdicts}`);
for (const name of outdated) console.log(`${name}: Redocly agrees now, or there is no such pair`);
console.log(
  `${comparedDocuments.length} pairs, ${differing.size} judged otherwise by Redocly, ${unexplained.length} without a reason`,
);
process.exitCode = unexplained.length + outdated.length > 0 ? 1 : 0;
