export { type ExitCodeName, exitCodes } from './exit-codes.ts';
export { parley } from './parley.ts';
