export { type ExitCodeName, exitCodes } from './exit-codes.ts';
export { processDependencies } from './process-dependencies.ts';
export { runParley } from './program.ts';
