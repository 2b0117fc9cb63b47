import { errorCodes } from '@parley/contract';
import { type AbortCode, abortCodes } from '@parley/service/admin';
import { CliError } from '../cli-error.ts';
import { suggestion } from '../text/suggestion.ts';

/** The HTTP status of a code. The first code of a status is the one that the status stands for. */
const statusOf = (code: AbortCode) => errorCodes[code].status;

/**
 * The code of `--abort`: an error code, or a status that stands for one.
 *
 * @throws CliError for what is none; it suggests a near one
 */
export function abortCode(text: string): AbortCode {
  const found = abortCodes.find((code) => code === text || String(statusOf(code)) === text);
  if (found) return found;
  const known = [...new Set(abortCodes.map(statusOf))].sort((a, b) => a - b).join(', ');
  const hint = /^\d/.test(text) ? `; there is ${known}` : suggestion(text, abortCodes);
  throw new CliError('usage', `--abort: expected an error code or a status, got "${text}"${hint}`);
}
