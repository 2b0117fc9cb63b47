import { isObject, isRecord, nearestName, ownMember, ownMembers } from '@parley/contract';

/** What an option must look like. Whether its value makes sense is checked where it is used. */
export interface OptionForm {
  /** After "must be", with an example. */
  readonly expected: string;
  readonly isFine: (value: unknown) => boolean;
  /** Names that an object may have. Default: any. */
  readonly members?: readonly string[];
}

/** A form for each option of a type. */
export type OptionForms<Options> = { readonly [Name in keyof Options]-?: OptionForm };

const isFunction = (value: unknown) => typeof value === 'function';

/** Anything: it is checked where it is used. */
export const anyForm: OptionForm = { expected: 'any value', isFine: () => true };

/** A number that is not smaller than this. */
export const numberForm = (min: number): OptionForm => ({
  expected: `a number from ${min}`,
  isFine: (value) => typeof value === 'number' && value >= min,
});

/** A function. @param example how it may look */
export const functionForm = (example: string): OptionForm => ({
  expected: `a function such as ${example}`,
  isFine: isFunction,
});

/** A list of functions. @param example how it may look */
export const functionsForm = (example: string): OptionForm => ({
  expected: `a list of functions such as ${example}`,
  isFine: (value) => Array.isArray(value) && value.every(isFunction),
});

/** A list of objects with certain methods. @param example how it may look */
export const objectsForm = (example: string, ...methods: readonly string[]): OptionForm => ({
  expected: `a list such as ${example}`,
  isFine: (value) => Array.isArray(value) && value.every((one) => isObject(one) && hasMethods(one, methods)),
});

/** An object. @param example how it may look @param members the names that it may have @param methods those that must be functions */
export function objectForm(
  example: string,
  { members, methods = [] }: { readonly members?: readonly string[]; readonly methods?: readonly string[] } = {},
): OptionForm {
  const isFine = (value: unknown) => isRecord(value) && hasMethods(value, methods);
  return { expected: `an object such as ${example}`, isFine, ...(members && { members }) };
}

function hasMethods(value: object, methods: readonly string[]): boolean {
  return methods.every((name) => isFunction((value as Record<string, unknown>)[name]));
}

/**
 * Checks names and forms of options, for callers without types and for objects that are spread into them.
 *
 * @param caller what takes the options: `serve`
 * @param place before the name of an option: `operations.report.`
 * @throws TypeError that names an option which is unknown, with the nearest one that there is, or has another form
 */
export function checkForms(
  caller: string,
  given: unknown,
  forms: Readonly<Record<string, OptionForm>>,
  place = '',
): void {
  if (!isObject(given)) throw new TypeError(`the options of ${caller} must be an object, not ${shownForm(given)}`);
  const options = ownMembers(given) as Readonly<Record<string, unknown>>;
  checkNames(caller, options, Object.keys(forms));
  for (const [name, value] of Object.entries(options)) {
    const form = forms[name];
    if (value === undefined || !form) continue;
    if (!form.isFine(value)) throw new TypeError(`${place}${name} must be ${form.expected}, not ${shownForm(value)}`);
    const members = ownMember(form, 'members');
    if (members) checkNames(name, ownMembers(value as object), members);
  }
}

/** @throws TypeError for a member that is none of these, with the nearest one */
export function checkNames(owner: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  const hint = nearest === undefined ? '' : `did you mean ${nearest}? `;
  throw new TypeError(`${owner} has no option ${unknown}: ${hint}It takes ${known.join(', ')}`);
}

/** A value without what may be secret: of objects the names alone. */
export function shownForm(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list with ${shownForm(value[0])}`;
  if (isObject(value)) return `an object with ${Object.keys(value).join(', ') || 'nothing'}`;
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : String(value);
}
