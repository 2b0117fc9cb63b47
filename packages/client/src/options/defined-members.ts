import { ownMembers } from '@parley/contract';

/** The own members of an object that are not `undefined`: an option that is `undefined` is none. */
export function definedMembers<T extends object>(given: T): T {
  return ownMembers(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T);
}
