/** The exit codes of `parley`. {@link exitCodeMeanings} says when each comes. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, nothingRuns: 3, notAllowed: 4 } as const;

/** A name of the table of exit codes. */
export type ExitCodeName = keyof typeof exitCodes;

/** When each exit code comes: the help has these words, and so has the README. */
export const exitCodeMeanings: Readonly<Record<ExitCodeName, string>> = {
  ok: 'all went well',
  failed:
    'the call or the act failed, a replica did not answer, a contract breaks callers, the wiring has mistakes, or a file of the gateway is stale',
  usage: 'the command line cannot be understood',
  nothingRuns: 'nothing was found that runs',
  notAllowed: 'the token is missing, wrong, or may only read',
};
