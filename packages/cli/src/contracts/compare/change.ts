import { type Direction, type Rule, type RuleName, rules } from './rules.ts';

/** One difference between two documents. */
export interface Change {
  readonly rule: RuleName;
  /** The contract, which is the title of its document. */
  readonly contract: string;
  /** The operation, `sayHello`; empty where it is about the contract. */
  readonly operation: string;
  /** In what callers send, or in what they get. */
  readonly direction: Direction;
  /** `query.language`, `body.items[].name`, `200 body.message`; empty where it is about the operation. */
  readonly where: string;
  readonly isBreaking: boolean;
  readonly sentence: string;
}

/** A change without its operation. */
export interface Finding {
  readonly rule: RuleName;
  readonly where: string;
  readonly before?: string;
  readonly after?: string;
}

/** Makes a change of what was found in an operation. */
export function changeOf(contract: string, operation: string, direction: Direction, finding: Finding): Change {
  const { rule, where, before = '', after = '' } = finding;
  const { breaks, says, why }: Rule = rules[rule];
  const isBreaking = breaks.includes(direction);
  const values: Readonly<Record<string, string>> = { where: where || 'the value', before, after };
  const said = says.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
  return {
    rule,
    contract,
    operation,
    direction,
    where,
    isBreaking,
    sentence: isBreaking ? `${said}: ${why}` : said,
  };
}

/** What was found inside a place, with the place in front. */
export function within(place: string, findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({ ...finding, where: `${place}${finding.where}` }));
}
