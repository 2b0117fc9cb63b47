import { withoutSecrets } from '../text/without-secrets.ts';

/** Where the value of an option came from: `configure` is a change while the process runs, `admin` one by an operator. */
export type OptionSource = 'default' | 'code' | 'environment' | 'configure' | 'admin';

/** One option as operators see it. */
export interface ShownOption {
  readonly name: string;
  /** A number, switch or word as it is, Infinity as text. `set` or `not set` where it is something else: it may be secret. */
  readonly value: number | boolean | string;
  readonly source: OptionSource;
  /** Unit of the value; none where it has none. */
  readonly unit?: string | undefined;
}

/**
 * A value as operators may see it: numbers and switches as they are, texts without what may be secret in an address, and of
 * functions and objects only whether they are there.
 */
export function shownValue(value: unknown): ShownOption['value'] {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return withoutSecrets(value);
  return value === undefined || value === null ? 'not set' : 'set';
}
