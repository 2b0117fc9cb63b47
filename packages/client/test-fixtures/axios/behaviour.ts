import type { AxiosInstance } from 'axios';
import type { Site } from './site.ts';

/** One behaviour that axios' own tests of its http adapter check, written for any adapter. */
export interface Behaviour {
  readonly name: string;
  /** Throws where an instance behaves otherwise. */
  readonly check: (instance: AxiosInstance, site: Site) => Promise<void>;
  /** The row of the list in `docs/migrating-axios.md` by which ours behaves otherwise. */
  readonly difference?: string;
}
