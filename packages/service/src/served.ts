import { type Contract, defineContract, type Handlers, ownMembers } from '@parley/contract';
import type { Mounts } from './middleware/mount-apps.ts';
import { checkForms, type OptionForm, shownForm } from './options/option-form.ts';

/** What is served: a contract and its handlers, or applications without a contract. */
export type Served<C extends Contract, O, M> =
  | readonly [contract: C, handlers: Handlers<C>, options?: O | undefined]
  | readonly [mount: Mounts, options?: M | undefined];

/** Options of applications without a contract. */
interface NamedOptions {
  /** Name of the service. Default `app`. */
  readonly name?: string;
}

/** What a function takes that serves both. */
export interface ServedForms {
  /** Its name, for errors: `serve`. */
  readonly caller: string;
  /** Forms of the options of a contract. */
  readonly contract: Readonly<Record<string, OptionForm>>;
  /** Forms of the options of applications without a contract. */
  readonly mounted: Readonly<Record<string, OptionForm>>;
}

/**
 * Brings both forms of {@link Served} into one: applications without a contract are below one without operations.
 *
 * @throws TypeError where something else is served, or options are unknown or have another form
 */
export function servedContract<C extends Contract, O extends object, M extends NamedOptions>(
  served: Served<C, O, M>,
  forms: ServedForms,
): { readonly contract: C; readonly handlers: Handlers<C>; readonly options: O } {
  const { caller } = forms;
  if (isContract(served, caller)) {
    const [contract, handlers, options] = served;
    if (typeof handlers !== 'object' || handlers === null) {
      throw new TypeError(`${caller} needs an object with a handler for each operation, not ${shownForm(handlers)}`);
    }
    checkForms(caller, options ?? {}, forms.contract);
    return { contract, handlers, options: ownMembers(options ?? ({} as O)) };
  }
  const [mount, given] = served;
  checkForms(`${caller} of applications without a contract`, given ?? {}, forms.mounted);
  const { name = 'app', ...options } = ownMembers(given ?? ({} as M));
  const contract = defineContract(name, {}) as unknown as C;
  return { contract, handlers: {} as Handlers<C>, options: ownMembers({ ...options, mount }) as unknown as O };
}

function isContract<C extends Contract, O, M>(
  served: Served<C, O, M>,
  caller: string,
): served is readonly [contract: C, handlers: Handlers<C>, options?: O | undefined] {
  const [first] = served;
  if (typeof first === 'function' || Array.isArray(first)) return false;
  if (typeof first === 'object' && first !== null && 'operations' in first) return true;
  throw new TypeError(
    `what ${caller} serves must be a contract of defineContract, an Express application, or a list of { app, path }, not ${shownForm(first)}`,
  );
}
