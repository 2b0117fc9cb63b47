import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { upstreamDefaults } from '@parley/client';
import { root } from './source-files.ts';

const table = join(root, 'packages/client/README.md');
const specs = join(root, 'packages/client/src/options/option-specs.ts');

/** Defaults that are no number, switch or word. */
const inWords: Readonly<Record<string, string>> = {
  clientId: 'host and pid',
  clock: '`systemClock`',
  random: '`Math.random`',
};

/** The table of a client's options, as the table of specs says: a header and one row per option. */
export function optionTable(): readonly string[] {
  const source = readFileSync(specs, 'utf8');
  const rows = [...source.matchAll(/^ {2}\/\*\* (.+) \*\/\n {2}(\w+): ([\s\S]*?),\n(?= {2}(?:\/\/|\/\*\*)|\};)/gm)].map(
    ([, sentence = '', name = '', spec = '']) => {
      const meaning = sentence.replace(/\.$/, '');
      return `| \`${name}\` | ${shown(name)} | ${unitOf(spec)} | ${meaning[0]?.toLowerCase()}${meaning.slice(1)} |`;
    },
  );
  return ['| option | default | unit | meaning |', '| --- | ---: | --- | --- |', ...rows];
}

/** The table as the README has it now. */
export function documentedTable(): readonly string[] {
  return tableIn(readFileSync(table, 'utf8')).split('\n');
}

function shown(name: string): string {
  const value: unknown = upstreamDefaults[name as keyof typeof upstreamDefaults];
  if (name in inWords) return inWords[name] as string;
  if (value === undefined) return '–';
  return typeof value === 'string' ? `\`${value}\`` : String(value);
}

/** The unit is the last text of a spec that has one. */
function unitOf(spec: string): string {
  return /^(?:number|whole|inUnits)\([\s\S]*'([^']+)',?\s*\)$/.exec(spec)?.[1] ?? '–';
}

function tableIn(text: string): string {
  const [, found] = /^## Options$[\s\S]*?\n\n(\|[\s\S]*?\|)\n\n/m.exec(text) ?? [];
  if (found === undefined) throw new Error('packages/client/README.md has no table below "## Options"');
  return found;
}

if (process.argv[1] === import.meta.filename) {
  const text = readFileSync(table, 'utf8');
  writeFileSync(
    table,
    text.replace(tableIn(text), () => optionTable().join('\n')),
  );
}
