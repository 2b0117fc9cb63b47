import { element, partOfPage } from './elements.js';
import { operationSection, operationsOf } from './operations.js';

/** The admin token, in memory only. */
let token = '';

/**
 * Asks the service of this page.
 *
 * @param {string} path
 * @param {object} [body]
 */
async function ask(path, body) {
  const headers = {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(body && { 'content-type': 'application/json' }),
  };
  const response = await fetch(path, {
    ...{ method: body ? 'POST' : 'GET', headers, cache: 'no-store' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.json().catch(() => ({ detail: `the reply has status ${response.status} and no JSON` }));
  if (response.ok) return answer;
  const { detail, errors = [] } = answer;
  const issues = errors.map((/** @type {any} */ { path, message }) => `${path}: ${message}`);
  throw Object.assign(new Error([detail, ...issues].join('; ')), { status: response.status });
}

/** @param {Awaited<ReturnType<typeof ask>>} description */
function show(description) {
  const { openapi: root, trying } = description;
  const { title, version, description: about } = root.info;
  document.title = `${title}: API docs`;
  partOfPage('title').textContent = `${title} ${version}`;
  partOfPage('about').textContent = about ?? '';
  partOfPage('access').hidden = trying !== 'token' && !token;
  const send = (/** @type {object} */ trial) => ask('docs/try', trial);
  const page = { root, trying, send, credentials: new Map() };
  const shown = operationsOf(description).map((operation) => ({
    section: operationSection(operation, page),
    item: element('li', {}, linkTo(operation)),
    text: [operation.method, operation.path, operation.name, operation.described.summary].join(' ').toLowerCase(),
  }));
  partOfPage('main').replaceChildren(...shown.map(({ section }) => section));
  partOfPage('list').replaceChildren(...shown.map(({ item }) => item));
  const search = /** @type {HTMLInputElement} */ (partOfPage('search'));
  search.oninput = () => filter(search.value, shown);
  filter(search.value, shown);
  openLinked();
}

/** @param {import('./operations.js').Operation} operation */
function linkTo({ name, method, path, described }) {
  const code = element('code', {}, `${method} ${path}`);
  return element('a', { href: `#${name}` }, code, ` ${described.summary}`);
}

/**
 * Hides what does not hold every word of a search.
 *
 * @param {string} wanted
 * @param {readonly { section: HTMLElement, item: HTMLElement, text: string }[]} shown
 */
function filter(wanted, shown) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { section, item, text } of shown) {
    const isFound = words.every((word) => text.includes(word));
    section.hidden = item.hidden = !isFound;
    found += Number(isFound);
  }
  partOfPage('found').textContent = `${found} of ${shown.length} operations`;
}

/** Opens the operation that the address names. */
function openLinked() {
  const section = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = section?.querySelector(':scope.operation > details');
  if (!section || !(details instanceof HTMLDetailsElement)) return;
  section.hidden = false;
  details.open = true;
  details.querySelector('summary')?.focus({ preventScroll: true });
  section.scrollIntoView();
}

async function load() {
  const status = partOfPage('status');
  status.className = '';
  status.textContent = 'Loading…';
  try {
    show(await ask('docs/service'));
    status.textContent = '';
  } catch (error) {
    const failure = /** @type {Error & { status?: number }} */ (error);
    status.className = 'bad';
    status.textContent = failure.message;
    if (failure.status === 401 || failure.status === 403) partOfPage('access').hidden = false;
  }
}

partOfPage('access').addEventListener('submit', (event) => {
  event.preventDefault();
  token = /** @type {HTMLInputElement} */ (partOfPage('token')).value.trim();
  load();
});
addEventListener('hashchange', openLinked);
load();
