import { definitions, element } from './elements.js';
import { exampleOf } from './examples.js';
import { resolved, typeText } from './schemas.js';

/** @typedef {import('./operations.js').Operation} Operation */
/** @typedef {import('./operations.js').Page} Page */
/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Input */

/**
 * A part of the request that a person fills in.
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {'path' | 'query' | 'header'} place
 * @property {boolean} isList one element a line
 * @property {Input} input
 * @property {any} [examples] of OpenAPI, by name
 */

/**
 * The form that sends a request to an operation and shows the reply.
 *
 * @param {Operation} operation
 * @param {Page} page
 */
export function trialForm(operation, page) {
  const { name, described } = operation;
  if (page.trying === 'off') return note('Trying is off here: set ADMIN_ACT_TOKEN for the service.');
  const content = described.requestBody?.content ?? {};
  if (Object.keys(content).some((type) => type.startsWith('multipart/')))
    return note('A form with files cannot be sent from this page.');
  const fields = [...(described.parameters ?? []).map(fieldOf(operation, page)), ...credentialFields(operation, page)];
  const body = Object.keys(content).length > 0 ? bodyFields(name, content, page) : undefined;
  const status = element('p', { role: 'status' });
  const reply = element('div');
  const say = (/** @type {string} */ text, kind = '') => {
    status.textContent = text;
    status.className = kind;
  };
  const button = element('button', { type: 'submit' }, 'Send');
  const form = element(
    'form',
    { class: 'trial', 'aria-label': `Try ${name}` },
    element('h3', {}, 'Try it'),
    ...(page.trying === 'token' ? [element('p', { class: 'note' }, 'Needs the act token, at the top.')] : []),
    ...exampleChoice(name, fields, body),
    ...fields.map((field) => field.row),
    ...(body ? body.rows : []),
    button,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    reply.replaceChildren();
    say('Sending…');
    try {
      const answer = await page.send(requestOf(operation, fields, body));
      say(`Status ${answer.status} after ${answer.durationMs.toFixed(1)} ms`, answer.status < 400 ? 'good' : 'bad');
      reply.replaceChildren(replyView(answer));
    } catch (error) {
      say(`Not sent: ${/** @type {Error} */ (error).message}`, 'bad');
    } finally {
      button.disabled = false;
    }
  });
  return element('div', {}, form, status, reply);
}

/**
 * The choice among the contract's examples; the first one is filled in.
 *
 * @param {string} operation
 * @param {readonly Field[]} fields
 * @param {ReturnType<typeof bodyFields> | undefined} body
 */
function exampleChoice(operation, fields, body) {
  const all = [...fields.map(({ examples = {} }) => examples), ...(body ? [body.examples] : [])];
  const summaries = new Map(
    all.flatMap((examples) => Object.entries(examples).map(([name, { summary }]) => [name, summary])),
  );
  const [first] = summaries.keys();
  if (first === undefined) return [];
  const fill = (/** @type {string} */ name) => {
    for (const { examples, input } of fields) if (examples) input.value = fieldText(examples[name]?.value);
    if (body && name in body.examples) body.area.value = bodyText(body.type.value, body.examples[name].value);
  };
  const options = [...summaries].map(([name, summary]) =>
    element('option', { value: name }, summary ? `${name}: ${summary}` : name),
  );
  const select = element('select', {}, ...options);
  select.addEventListener('change', () => fill(select.value));
  fill(first);
  return [row(`${operation}:example`, 'Example', select, 'fills in the form')];
}

/** @param {unknown} value */
function fieldText(value) {
  return value === undefined ? '' : [value].flat().map(String).join('\n');
}

/** @param {string} text */
function note(text) {
  return element('p', { class: 'trial note' }, text);
}

/**
 * @param {Operation} operation
 * @param {Page} page
 */
function fieldOf({ name: operation }, { root }) {
  return (/** @type {any} */ parameter) => {
    const { name, in: place, required, schema, example, examples } = parameter;
    const own = resolved(schema, root);
    const isList = own.type === 'array';
    const isKey = name === 'idempotency-key';
    const start = isKey ? `"${randomKey()}"` : required ? (example ?? exampleOf(schema, root)) : '';
    const input = inputFor(own, isList, fieldText(start), required);
    const hint = `${place}, ${typeText(schema, root)}${isList ? ', one element a line' : ''}`;
    return { name, place, isList, input, examples, row: row(`${operation}:${place}:${name}`, name, input, hint) };
  };
}

/**
 * @param {any} schema
 * @param {boolean} isList
 * @param {string} start
 * @param {boolean} isRequired
 * @returns {Input}
 */
function inputFor(schema, isList, start, isRequired) {
  const values = schema.enum ?? (schema.type === 'boolean' ? [true, false] : undefined);
  if (isList) {
    const area = element('textarea', { rows: '2', spellcheck: 'false' });
    area.value = start;
    return area;
  }
  if (values) {
    const options = [...(isRequired ? [] : ['']), ...values.map(String)];
    const select = element('select', {}, ...options.map((value) => element('option', { value }, value)));
    select.value = start;
    return select;
  }
  const input = element('input', { type: 'text', autocomplete: 'off', spellcheck: 'false' });
  input.value = start;
  return input;
}

/**
 * Fields for what identifies the caller: filled in once, for all operations, and kept in memory only.
 *
 * @param {Operation} operation
 * @param {Page} page
 */
function credentialFields({ name: operation, described }, { root, credentials }) {
  const schemes = root.components?.securitySchemes ?? {};
  const names = (described.security ?? root.security).flatMap(Object.keys);
  const wanted = names.flatMap((/** @type {string} */ name) => {
    const { type, in: place, name: key } = resolved(schemes[name], root);
    if (type === 'http') return [{ name: 'authorization', place: 'header' }];
    if (type !== 'apiKey') return [];
    return [place === 'query' ? { name: key, place } : { name: place === 'cookie' ? 'cookie' : key, place: 'header' }];
  });
  const different = [...new Map(wanted.map((/** @type {any} */ one) => [one.name, one])).values()];
  return different.map(({ name, place }) => {
    const input = element('input', { type: 'password', autocomplete: 'off', spellcheck: 'false' });
    input.value = credentials.get(name) ?? '';
    input.addEventListener('input', () => credentials.set(name, input.value));
    const hint = name === 'authorization' ? 'header, Bearer and the token' : `${place}, identifies the caller`;
    return { name, place, isList: false, input, row: row(`${operation}:${place}:${name}`, name, input, hint) };
  });
}

/**
 * @param {string} operation
 * @param {any} content
 * @param {Page} page
 */
function bodyFields(operation, content, { root }) {
  const types = Object.keys(content).map((type) => (type === '*/*' ? 'application/octet-stream' : type));
  const type = element('select', {}, ...types.map((value) => element('option', { value }, value)));
  const area = element('textarea', { rows: '8', spellcheck: 'false' });
  const [[first = '', { schema = {}, examples = {} } = /** @type {any} */ ({})] = []] = Object.entries(content);
  area.value = bodyText(first, exampleOf(schema, root));
  const rows = [
    ...(types.length > 1 ? [row(`${operation}:body:type`, 'content-type', type, '')] : []),
    row(`${operation}:body`, 'body', area, first),
  ];
  return { type, area, rows, examples };
}

/**
 * @param {string} type
 * @param {any} value
 */
function bodyText(type, value) {
  if (/[/+]json$/.test(type)) return JSON.stringify(value, undefined, 2);
  if (type === 'application/x-www-form-urlencoded') return new URLSearchParams(value ?? {}).toString();
  return typeof value === 'string' ? value : '';
}

/**
 * @param {string} id
 * @param {string} label
 * @param {Input} input
 * @param {string} hint
 */
function row(id, label, input, hint) {
  input.id = `page:${id}`;
  if (hint) input.setAttribute('aria-describedby', `page:${id}:hint`);
  const described = hint ? element('span', { class: 'quiet', id: `page:${id}:hint` }, hint) : undefined;
  return element('div', { class: 'field' }, element('label', { for: `page:${id}` }, label), input, described);
}

/**
 * The request that a form says.
 *
 * @param {Operation} operation
 * @param {readonly Field[]} fields
 * @param {{ type: HTMLSelectElement, area: HTMLTextAreaElement } | undefined} body
 */
function requestOf({ name, path }, fields, body) {
  const filled = fields.filter(({ input, place }) => input.value !== '' || place === 'path');
  const at = (/** @type {string} */ place) => filled.filter((field) => field.place === place);
  const target = path.replace(/\{(\w+)(\*?)\}/g, (_, parameter, rest) => {
    const value = at('path').find((field) => field.name === parameter)?.input.value ?? '';
    if (value === '') throw new Error(`${parameter} is empty; a path needs it`);
    return rest ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const { name, isList, input } of at('query')) {
    for (const value of isList ? input.value.split('\n') : [input.value]) query.append(name, value);
  }
  const headers = at('header').map(({ name, input }) => ({ name, value: input.value }));
  return {
    operation: name,
    path: query.size > 0 ? `${target}?${query}` : target,
    headers: body ? [...headers, { name: 'content-type', value: body.type.value }] : headers,
    ...(body && { body: body.area.value }),
  };
}

/** A key of an attempt: `crypto.randomUUID` is there on loopback and over TLS only. */
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * A reply for people. Of a problem first what it says.
 *
 * @param {any} reply
 */
function replyView({ headers, body, bytes, isCut }) {
  const type = headers.find((/** @type {any} */ { name }) => name.toLowerCase() === 'content-type')?.value ?? '';
  const json = /[/+]json\b/.test(type) ? parsed(body) : undefined;
  const text = json === undefined ? body : JSON.stringify(json, undefined, 2);
  return element(
    'div',
    { class: 'reply' },
    element('h3', {}, 'Reply'),
    element('p', {}, `${bytes} bytes${isCut ? '; the rest was not read' : ''}`),
    ...(type.startsWith('application/problem+json') ? [problemView(json)] : []),
    element('h4', {}, 'Body'),
    text === undefined ? element('p', {}, `${bytes} bytes of ${type}`) : element('pre', { tabindex: '0' }, text),
    element('h4', {}, 'Headers'),
    definitions(headers.map((/** @type {any} */ { name, value }) => [name, value])),
  );
}

/** @param {any} problem */
function problemView(problem) {
  const { title, detail, errors } = problem ?? {};
  const issues = (Array.isArray(errors) ? errors : []).map(({ path, message }) =>
    element('li', {}, element('code', {}, String(path || 'input')), `: ${message}`),
  );
  return element(
    'div',
    { class: 'problem' },
    element('p', {}, element('strong', {}, String(title ?? 'Problem')), `: ${detail ?? ''}`),
    issues.length > 0 ? element('ul', {}, ...issues) : undefined,
  );
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
