import { type Contract, defineContract, type Handlers, ownMembers } from '@parley/contract';
import type { Mounts } from './middleware/mount-apps.ts';

/** What is served: a contract and its handlers, or applications without a contract. */
export type Served<C extends Contract, O, M> =
  | readonly [contract: C, handlers: Handlers<C>, options?: O | undefined]
  | readonly [mount: Mounts, options?: M | undefined];

/** Options of applications without a contract. */
interface NamedOptions {
  /** Name of the service. Default `app`. */
  readonly name?: string;
}

/** Brings both forms of {@link Served} into one: applications without a contract are below one without operations. */
export function servedContract<C extends Contract, O extends object, M extends NamedOptions>(
  served: Served<C, O, M>,
): { readonly contract: C; readonly handlers: Handlers<C>; readonly options: O } {
  if (isContract(served)) {
    const [contract, handlers, options] = served;
    return { contract, handlers, options: ownMembers(options ?? ({} as O)) };
  }
  const [mount, given] = served;
  const { name = 'app', ...options } = ownMembers(given ?? ({} as M));
  const contract = defineContract(name, {}) as unknown as C;
  return { contract, handlers: {} as Handlers<C>, options: ownMembers({ ...options, mount }) as unknown as O };
}

function isContract<C extends Contract, O, M>(
  served: Served<C, O, M>,
): served is readonly [contract: C, handlers: Handlers<C>, options?: O | undefined] {
  const [first] = served;
  if (typeof first === 'function' || Array.isArray(first)) return false;
  if (first && 'operations' in first) return true;
  throw new TypeError(
    `what is served must be a contract, or an Express application (a function), not ${first && `{ ${Object.keys(first).join(', ')} }`}`,
  );
}
