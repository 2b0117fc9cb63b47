import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Direction, type Rule, rules } from '../../src/contracts/compare/rules.ts';

const page = fileURLToPath(new URL('../../../../docs/contracts-check.md', import.meta.url));

/** The table of rules for people: a header and one row per rule. */
export function rulesTable(): readonly string[] {
  const rows = Object.entries<Rule>(rules).map(
    ([name, rule]) => `| \`${name}\` | ${cell(rule, 'request')} | ${cell(rule, 'reply')} | ${meaning(rule)} |`,
  );
  return ['| rule | request | reply | meaning |', '|---|---|---|---|', ...rows];
}

function cell({ directions, breaks }: Rule, direction: Direction): string {
  if (!directions.includes(direction)) return '–';
  return breaks.includes(direction) ? '**breaking**' : 'ok';
}

function meaning({ says, why }: Rule): string {
  const said = says.replaceAll('{where}', 'it').replaceAll('{before}', '*old*').replaceAll('{after}', '*new*');
  return why === '' ? said : `${said}: ${why}`;
}

/** The table as `docs/contracts-check.md` has it now. */
export function documentedRules(): readonly string[] {
  return tableIn(readFileSync(page, 'utf8')).split('\n');
}

function tableIn(text: string): string {
  const [, found] = /^## Rules$[\s\S]*?\n\n(\|[\s\S]*?\|)\n(?:\n|$)/m.exec(text) ?? [];
  if (found === undefined) throw new Error('docs/contracts-check.md has no table below "## Rules"');
  return found;
}

// `rules-table.ts` writes it.
if (process.argv[1] === import.meta.filename) {
  const text = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    text.replace(tableIn(text), () => rulesTable().join('\n')),
  );
}
