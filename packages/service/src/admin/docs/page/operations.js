import { definitions, element, tableOf } from './elements.js';
import { limitsText, resolved, schemaView, typeText } from './schemas.js';
import { trialForm } from './trials.js';

/**
 * An operation of the document.
 *
 * @typedef {object} Operation
 * @property {string} name
 * @property {string} method
 * @property {string} path as in the contract: `/files/{path*}`
 * @property {string} safety
 * @property {{ reason?: string, since?: string } | undefined} deprecated
 * @property {string | undefined} sunset
 * @property {any} described the operation object of OpenAPI
 */

/**
 * What the page knows.
 *
 * @typedef {object} Page
 * @property {any} root the document
 * @property {'open' | 'token' | 'off'} trying
 * @property {(trial: object) => Promise<any>} send sends a request to the service
 * @property {Map<string, string>} credentials values of headers that identify the caller, for all forms
 */

/**
 * The operations of a description, in the order of the contract.
 *
 * @param {{ operations: Omit<Operation, 'method' | 'described'>[], openapi: any }} description
 * @returns {Operation[]}
 */
export function operationsOf({ operations, openapi }) {
  const described = new Map(
    Object.values(openapi.paths).flatMap((methods) =>
      Object.entries(methods).map(([method, one]) => [one.operationId, { method: method.toUpperCase(), one }]),
    ),
  );
  return operations.flatMap((operation) => {
    const found = described.get(operation.name);
    return found ? [{ ...operation, method: found.method, described: found.one }] : [];
  });
}

/**
 * The section of one operation. Its content is made when it is first opened.
 *
 * @param {Operation} operation
 * @param {Page} page
 */
export function operationSection(operation, page) {
  const { name, method, path, described, deprecated } = operation;
  const details = element(
    'details',
    {},
    element(
      'summary',
      {},
      element('h2', {}, element('span', { class: 'method' }, method), ' ', element('code', {}, path)),
      deprecated ? element('strong', { class: 'deprecated' }, ' deprecated') : undefined,
      ` ${described.summary} `,
      element('code', { class: 'quiet' }, name),
    ),
  );
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) details.append(contentOf(operation, page));
  });
  return element('section', { class: 'operation', id: name, 'aria-label': `${name}: ${method} ${path}` }, details);
}

const safeties = /** @type {Readonly<Record<string, string>>} */ ({
  safe: 'safe: changes nothing, and may be sent again',
  idempotent: 'idempotent: sent twice, it has the effect of once',
  keyed: 'keyed: sent twice with one Idempotency-Key, it has the effect of once',
  unsafe: 'unsafe: does something new each time it is sent',
});

/**
 * @param {Operation} operation
 * @param {Page} page
 */
function contentOf(operation, page) {
  const { name, described, safety, deprecated, sunset } = operation;
  const { root } = page;
  return element(
    'div',
    { class: 'content' },
    definitions([
      ['Safety', safeties[safety] ?? safety],
      ['Who may call', callersText(described.security ?? root.security, root)],
      ...(deprecated ? [/** @type {const} */ (['Deprecated', deprecatedText(deprecated)])] : []),
      ...(sunset ? [/** @type {const} */ (['Ends on', sunset])] : []),
      ['Link', element('a', { href: `#${name}` }, `#${name}`)],
    ]),
    ...parametersView(described.parameters ?? [], root),
    ...bodyView(described.requestBody, root),
    trialForm(operation, page),
    ...repliesView(described.responses, root),
  );
}

/** @param {{ reason?: string, since?: string }} deprecated */
function deprecatedText({ reason, since }) {
  return [since ? `since ${since}` : 'yes', reason].filter(Boolean).join(': ');
}

/**
 * Who may call, in a sentence.
 *
 * @param {any[]} security
 * @param {any} root
 */
function callersText(security, root) {
  if (security.length === 0) return 'everybody';
  const schemes = root.components?.securitySchemes ?? {};
  const ways = security.flatMap((/** @type {Record<string, string[]>} */ one) =>
    Object.entries(one).map(([name, scopes]) => {
      const { type, scheme = '', in: place, name: key } = resolved(schemes[name], root);
      if (type === 'mutualTLS') return 'a service with a client certificate';
      if (type === 'apiKey') return `${name}: ${place} ${key}`;
      if (name !== 'token') return `${name}: Authorization ${scheme}`;
      return scopes.length > 0 ? `a token with the scopes ${scopes.join(', ')}` : 'a service with a token';
    }),
  );
  return ways.join(', or ');
}

/**
 * @param {any[]} parameters
 * @param {any} root
 */
function parametersView(parameters, root) {
  if (parameters.length === 0) return [];
  const rows = parameters.map(({ name, in: place, required, schema, description }) => [
    element('code', {}, name),
    place,
    required ? 'required' : 'optional',
    element('code', {}, typeText(schema, root)),
    [limitsText(schema, root), description ?? resolved(schema, root).description ?? ''].filter(Boolean).join('. '),
  ]);
  return [element('h3', {}, 'Parameters'), tableOf(['name', 'in', 'needed', 'type', 'notes'], rows)];
}

/**
 * @param {any} body
 * @param {any} root
 */
function bodyView(body, root) {
  return body ? [element('h3', {}, 'Body'), ...contentView(body.content, root)] : [];
}

/**
 * @param {any} content
 * @param {any} root
 */
function contentView(content, root) {
  return Object.entries(content ?? {}).map(([type, media]) => {
    const { schema, itemSchema, examples = {} } = /** @type {any} */ (media);
    return element(
      'div',
      {},
      element('p', { class: 'quiet' }, type, itemSchema ? ', a stream of items' : ''),
      schema || itemSchema ? schemaView(schema ?? itemSchema, root) : 'bytes',
      ...Object.entries(examples).map(exampleView),
    );
  });
}

/** @param {[name: string, example: any]} entry */
function exampleView([name, { summary, value }]) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
  return element(
    'details',
    {},
    element('summary', {}, `Example ${name}${summary ? `: ${summary}` : ''}`),
    element('pre', { tabindex: '0' }, text),
  );
}

/**
 * Each reply with its schema; problems that are nothing but problems are a list at the end.
 *
 * @param {any} responses
 * @param {any} root
 */
function repliesView(responses, root) {
  const all = Object.entries(responses).map(([status, response]) => ({ status, response: resolved(response, root) }));
  const isPlain = (/** @type {any} */ { response }) =>
    JSON.stringify(response.content ?? {}).includes('"application/problem+json":{"schema":{"$ref":');
  const problems = all
    .filter(isPlain)
    .map(({ status, response }) => /** @type {const} */ ([status, describedText(response.description)]));
  return [
    element('h3', {}, 'Replies'),
    ...all.filter((one) => !isPlain(one)).map(({ status, response }) => replyView(status, response, root)),
    element('h3', {}, 'Errors'),
    element('p', { class: 'quiet' }, 'Problems of RFC 9457, with these codes.'),
    definitions(problems),
  ];
}

/**
 * @param {string} status
 * @param {any} response
 * @param {any} root
 */
function replyView(status, { description, headers = {}, content }, root) {
  const rows = Object.entries(headers).map(([name, header]) => {
    const { schema = {}, description: note = schema.description } = resolved(header, root);
    return /** @type {const} */ ([name, [typeText(schema, root), note].filter(Boolean).join('. ')]);
  });
  return element(
    'div',
    { class: 'response' },
    element('h4', {}, `${status} `, describedText(description)),
    rows.length > 0 ? definitions(rows) : undefined,
    ...contentView(content, root),
  );
}

/**
 * A text with `code` in it.
 *
 * @param {string} text
 */
function describedText(text) {
  const parts = text.split('`').map((part, index) => (index % 2 === 0 ? part : element('code', {}, part)));
  return element('span', {}, ...parts);
}
