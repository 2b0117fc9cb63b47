/** What the exit code of `parley` says. */
export const exitCodes = {
  /** All went well, and Ctrl-C in `top`. */
  ok: 0,
  /** The call or the act failed, a replica did not answer, a contract breaks callers, the wiring has mistakes, or a file of the gateway is stale. */
  failed: 1,
  /** The command line cannot be understood. */
  usage: 2,
  /** Nothing was found that runs. */
  nothingRuns: 3,
  /** The token for it is missing, wrong, or may only read. */
  notAllowed: 4,
} as const;

/** A name of the table of exit codes. */
export type ExitCodeName = keyof typeof exitCodes;
