/** @typedef {Node | string | undefined} Child */

/**
 * Makes an element. Texts become text, never markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Readonly<Record<string, string | boolean | undefined>>} attributes `true` for one without a value; `false` and undefined leave it out
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/**
 * Terms and what they mean.
 *
 * @param {readonly (readonly [term: string, meaning: Child])[]} rows
 */
export function definitions(rows) {
  return element('dl', {}, ...rows.flatMap(([term, meaning]) => [element('dt', {}, term), element('dd', {}, meaning)]));
}

/**
 * A table that scrolls by itself where it is wide.
 *
 * @param {readonly string[]} columns
 * @param {readonly (readonly Child[])[]} rows
 */
export function tableOf(columns, rows) {
  const head = element('tr', {}, ...columns.map((column) => element('th', { scope: 'col' }, column)));
  const body = rows.map((cells) => element('tr', {}, ...cells.map((cell) => element('td', {}, cell))));
  return element(
    'div',
    { class: 'scroll' },
    element('table', {}, element('thead', {}, head), element('tbody', {}, ...body)),
  );
}

/**
 * An element of the page itself, by its id without `page:`. No operation has such a name.
 *
 * @param {string} id
 */
export function partOfPage(id) {
  const found = document.getElementById(`page:${id}`);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}
