import { resolved } from './schemas.js';

/** Objects within each other beyond this depth are left out. */
const deepest = 6;

/** @type {Readonly<Record<string, string>>} */
const formats = {
  'date-time': '2026-01-31T12:00:00Z',
  date: '2026-01-31',
  time: '12:00:00Z',
  duration: 'PT1H',
  email: 'somebody@example.com',
  uuid: '8e03978e-40d5-43e6-bc93-6894a57f9324',
  uri: 'https://example.com/',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
};

/**
 * A value that fits a schema, as far as a few rules go: its own example or default, else something of its type.
 *
 * @param {any} schema
 * @param {any} root the document
 * @returns {unknown}
 */
export function exampleOf(schema, root, depth = 0) {
  const own = resolved(schema, root);
  if (Array.isArray(own.examples) && own.examples.length > 0) return own.examples[0];
  for (const name of ['example', 'default', 'const']) if (name in own) return own[name];
  if (Array.isArray(own.enum)) return own.enum[0];
  const [choice] = own.anyOf ?? own.oneOf ?? [];
  if (choice !== undefined && !own.properties) return exampleOf(choice, root, depth);
  if (Array.isArray(own.allOf)) return merged(own.allOf.map((one) => exampleOf(one, root, depth)));
  const [type = own.properties ? 'object' : undefined] = [own.type].flat();
  if (type === 'object') return objectOf(own, root, depth);
  if (type === 'array') return listOf(own, root, depth);
  if (type === 'integer' || type === 'number') return numberOf(own);
  if (type === 'boolean') return true;
  return type === 'string' ? textOf(own) : null;
}

/**
 * @param {import('./schemas.js').Schema} own
 * @param {any} root
 * @param {number} depth
 */
function objectOf({ properties = {}, required = [] }, root, depth) {
  const members = Object.entries(properties).filter(([name]) => depth < deepest || required.includes(name));
  if (depth > 2 * deepest) return {};
  return Object.fromEntries(members.map(([name, schema]) => [name, exampleOf(schema, root, depth + 1)]));
}

/**
 * @param {import('./schemas.js').Schema} own
 * @param {any} root
 * @param {number} depth
 */
function listOf({ items, prefixItems, minItems = 1 }, root, depth) {
  if (depth > deepest) return [];
  if (Array.isArray(prefixItems)) return prefixItems.map((one) => exampleOf(one, root, depth + 1));
  return Array.from({ length: Math.min(Math.max(minItems, 1), 10) }, () => exampleOf(items ?? {}, root, depth + 1));
}

/** @param {import('./schemas.js').Schema} own */
function numberOf({ minimum, exclusiveMinimum, maximum, multipleOf, type }) {
  const step = multipleOf ?? 1;
  const lowest = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + step);
  const wanted = Math.max(lowest ?? step, Math.min(step, maximum ?? step));
  return type === 'integer' || multipleOf ? Math.ceil(wanted / step) * step : wanted;
}

/** @param {import('./schemas.js').Schema} own */
function textOf({ format, minLength = 0, maxLength = Number.POSITIVE_INFINITY }) {
  const known = format !== undefined && Object.hasOwn(formats, format) ? formats[format] : undefined;
  return (known ?? 'text'.padEnd(Math.min(minLength, 1000), 'x')).slice(0, maxLength);
}

/** @param {readonly unknown[]} parts */
function merged(parts) {
  return parts.every((part) => typeof part === 'object' && part !== null) ? Object.assign({}, ...parts) : parts[0];
}
