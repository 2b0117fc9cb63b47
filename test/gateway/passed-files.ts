import { basename } from 'node:path';
import { alignedTable } from '../../packages/cli/src/text/table.ts';

/** What Jest tells of a file: only what is read here. */
interface FileResult {
  readonly testFilePath: string;
  readonly testResults: readonly { readonly ancestorTitles: readonly string[]; readonly status: string }[];
}

/** A gateway's name, in the title of its tests. */
const gatewayName = /\b(?:embedded|(?:nginx|haproxy)(?:-\d+\.\d+)?)\b/;

/** A reporter of Jest: writes a table of which gateway has passed which file when all tests have run. */
export default class PassedFiles {
  onRunComplete(_contexts: unknown, { testResults }: { readonly testResults: readonly FileResult[] }): void {
    process.stderr.write(`\n${passedFiles(testResults)}\n`);
  }
}

/** The table: a row for each file, a column for each gateway, and in a cell how many tests passed or failed. */
export function passedFiles(results: readonly FileResult[]): string {
  const counts = results
    .map(({ testFilePath, testResults }) => [basename(testFilePath), countsOf(testResults)] as const)
    .toSorted(([a], [b]) => a.localeCompare(b));
  const names = [...new Set(counts.flatMap(([, ofFile]) => [...ofFile.keys()]))].sort();
  const rows = counts.map(([file, ofFile]) => [file, ...names.map((name) => ofFile.get(name) ?? '–')]);
  return alignedTable([{ title: 'FILE' }, ...names.map((title) => ({ title }))], rows, (_look, text) => text);
}

function countsOf(tests: FileResult['testResults']): ReadonlyMap<string, string> {
  const byName = Map.groupBy(tests, ({ ancestorTitles }) => gatewayName.exec(ancestorTitles.join(' '))?.[0]);
  const texts = [...byName].flatMap(([name, own]): [string, string][] => {
    const run = own.filter(({ status }) => status === 'passed' || status === 'failed');
    if (name === undefined || run.length === 0) return [];
    const failed = run.filter(({ status }) => status === 'failed').length;
    return [[name, failed > 0 ? `${failed} of ${run.length} failed` : `${run.length} passed`]];
  });
  return new Map(texts);
}
