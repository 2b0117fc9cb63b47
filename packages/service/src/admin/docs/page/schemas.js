import { element } from './elements.js';

/** @typedef {Readonly<Record<string, any>>} Schema */

/** Schemas within schemas beyond this depth are named only. */
const deepest = 12;
const limits = [
  ...['format', 'minLength', 'maxLength', 'pattern', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  ...['multipleOf', 'minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'default'],
];

/**
 * The schema that a reference leads to; a schema without one is itself.
 *
 * @param {any} schema
 * @param {any} root the document
 * @returns {Schema}
 */
export function resolved(schema, root) {
  let found = schema;
  for (let steps = 0; typeof found?.$ref === 'string' && steps < deepest; steps++) {
    const path = found.$ref.slice(2).split('/').map(unescaped);
    found = path.reduce((/** @type {any} */ at, /** @type {string} */ step) => own(at, step), root);
  }
  return typeof found === 'object' && found !== null ? found : {};
}

/** @param {string} step */
function unescaped(step) {
  return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
}

/**
 * @param {any} object
 * @param {string} name
 */
function own(object, name) {
  return object && Object.hasOwn(object, name) ? object[name] : undefined;
}

/**
 * What a value is, in a few words: `string`, `list of Visit`, `"a" or "b"`.
 *
 * @param {any} schema
 * @param {any} root
 * @returns {string}
 */
export function typeText(schema, root, depth = 0) {
  if (depth > 3) return '…';
  if (typeof schema?.$ref === 'string') return schema.$ref.replace(/^.*\//, '');
  const { type, anyOf, oneOf, allOf, items, enum: values } = resolved(schema, root);
  const own = resolved(schema, root);
  if ('const' in own) return JSON.stringify(own.const);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' or ');
  const choices = anyOf ?? oneOf;
  if (Array.isArray(choices)) return choices.map((one) => typeText(one, root, depth + 1)).join(' or ');
  if (Array.isArray(allOf)) return allOf.map((one) => typeText(one, root, depth + 1)).join(' and ');
  if (type === 'array') return `list of ${typeText(items ?? {}, root, depth + 1)}`;
  return Array.isArray(type) ? type.join(' or ') : (type ?? 'anything');
}

/**
 * What a value must be beyond its type: `minLength 1, maxLength 100`.
 *
 * @param {any} schema
 * @param {any} root
 */
export function limitsText(schema, root) {
  const own = resolved(schema, root);
  const named = limits.filter((name) => name in own).map((name) => `${name} ${JSON.stringify(own[name])}`);
  const closed = own.additionalProperties === false ? ['no other members'] : [];
  return [...named, ...closed].join(', ');
}

/**
 * A schema for people: its type, what it must be, its description, and its members.
 *
 * @param {any} schema
 * @param {any} root the document
 * @param {readonly string[]} outer references that lead here
 * @returns {HTMLElement}
 */
export function schemaView(schema, root, outer = []) {
  const own = resolved(schema, root);
  const reference = schema?.$ref;
  const limited = limitsText(schema, root);
  const isShownAbove = typeof reference === 'string' && outer.includes(reference);
  const inner = typeof reference === 'string' ? [...outer, reference] : outer;
  return element(
    'div',
    { class: 'schema' },
    element('code', { class: 'type' }, typeText(schema, root)),
    limited ? element('span', { class: 'quiet' }, ` ${limited}`) : undefined,
    isShownAbove ? element('span', { class: 'quiet' }, ' (as above)') : undefined,
    own.deprecated === true ? element('strong', { class: 'deprecated' }, ' deprecated') : undefined,
    typeof own.description === 'string' ? element('p', { class: 'note' }, own.description) : undefined,
    isShownAbove || outer.length > deepest ? undefined : partsView(own, root, inner),
  );
}

/**
 * The schemas within a schema.
 *
 * @param {Schema} own
 * @param {any} root
 * @param {readonly string[]} outer
 */
function partsView(own, root, outer) {
  const required = new Set(Array.isArray(own.required) ? own.required : []);
  const members = Object.entries(own.properties ?? {}).map(([name, schema]) =>
    element(
      'li',
      {},
      element('code', {}, name),
      element('span', { class: 'quiet' }, required.has(name) ? ' required ' : ' optional '),
      schemaView(schema, root, outer),
    ),
  );
  const isOpen = typeof own.additionalProperties === 'object' && Object.keys(own.additionalProperties).length > 0;
  const others = isOpen ? [labelled('any other member', own.additionalProperties, root, outer)] : [];
  const items = isDescribed(own.items) ? [labelled('each element', own.items, root, outer)] : [];
  const choices = [own.anyOf ?? own.oneOf ?? own.allOf ?? []]
    .flat()
    .filter(isDescribed)
    .map((/** @type {any} */ one) => element('li', {}, schemaView(one, root, outer)));
  const parts = [...members, ...others, ...items, ...choices];
  return parts.length > 0 ? element('ul', { class: 'members' }, ...parts) : undefined;
}

/**
 * @param {string} label
 * @param {any} schema
 * @param {any} root
 * @param {readonly string[]} outer
 */
function labelled(label, schema, root, outer) {
  return element('li', {}, element('span', { class: 'quiet' }, `${label} `), schemaView(schema, root, outer));
}

/**
 * Whether there is more to show of a schema than its type says.
 *
 * @param {any} schema
 */
function isDescribed(schema) {
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.keys(schema).some((name) => name !== 'type' && name !== 'const');
}
