export { type CheckOptions, type ContractsReport, checkContracts } from './check-contracts.ts';
export type { Change } from './compare/change.ts';
export { compareContracts } from './compare/compare-contracts.ts';
export { type Direction, type Rule, type RuleName, rules } from './compare/rules.ts';
export { ContractsError } from './contracts-error.ts';
export { exitCodeOf, formatReport } from './format-report.ts';
export { policyContracts, type ServiceContract } from './load/policy-contracts.ts';
