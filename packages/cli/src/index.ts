export { type CheckOptions, type ContractsReport, checkContracts } from './contracts/check-contracts.ts';
export type { Change } from './contracts/compare/change.ts';
export { compareContracts } from './contracts/compare/compare-contracts.ts';
export type { Direction, RuleName } from './contracts/compare/rules.ts';
export { ContractsError } from './contracts/contracts-error.ts';
export { type ExitCodeName, exitCodes } from './exit-codes.ts';
export { parley } from './parley.ts';
