import type { ContractsReport } from './check-contracts.ts';
import type { Change } from './compare/change.ts';

/**
 * A report as text: a line for each change with its operation, direction and rule, and one line that sums it up.
 *
 * @param options `all`: changes that break no caller too. Default: breaking ones alone
 */
export function formatReport(report: ContractsReport, { all = false }: { readonly all?: boolean } = {}): string {
  const { changes, contracts, base, notes } = report;
  const shown = changes.filter(({ isBreaking }) => isBreaking || all);
  const broken = changes.filter(({ isBreaking }) => isBreaking).length;
  const others = changes.length - broken;
  const hint = others > 0 && !all ? ' (--all lists them)' : '';
  return [
    ...shown.map(line),
    ...(shown.length > 0 ? [''] : []),
    ...notes.map((note) => `note: ${note}`),
    `${broken} breaking ${broken === 1 ? 'change' : 'changes'} since ${base}, ${others} other${hint}, in ${contracts.join(', ')}`,
  ].join('\n');
}

function line({ contract, operation, direction, rule, isBreaking, sentence }: Change): string {
  const name = operation === '' ? contract : `${contract}.${operation}`;
  return `${isBreaking ? 'BREAKING' : 'ok      '}  ${name}  ${direction}: ${sentence}  [${rule}]`;
}

/** What a program that printed the report exits with: 1 where a change breaks callers, otherwise 0. */
export function exitCodeOf({ isBreaking }: ContractsReport): 0 | 1 {
  return isBreaking ? 1 : 0;
}
