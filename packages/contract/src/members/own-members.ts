/** What an object inherits that shall inherit nothing. Not null itself: V8 keeps what inherits directly from null as a slow table. */
export const noMembers: object = Object.freeze(Object.create(null));

/**
 * The own members of an object, in one that inherits none. What somebody has put into `Object.prototype` is then no
 * option, no header and no context of anybody. An object of this kind is given back as it is.
 */
export function ownMembers<T extends object>(given: T): T {
  const prototype = Object.getPrototypeOf(given);
  if (prototype === noMembers) return given;
  // A service's contexts inherit their `log`, and that from nobody.
  if (prototype !== null && Object.getPrototypeOf(prototype) === noMembers) return given;
  return Object.assign(Object.create(noMembers), given);
}

/** One own member of an object; undefined where it has none of that name. */
export function ownMember<T extends object, Name extends keyof T>(given: T, name: Name): T[Name] | undefined {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

/** Whether somebody has put a member into `Object.prototype` by an assignment, as a merge of untrusted JSON does. */
export function isPrototypePolluted(): boolean {
  // The engine keeps the list of enumerable members: this takes nanoseconds.
  for (const _ in Object.prototype) return true;
  return false;
}
