/** What a query in PromQL reads. */
export interface QueryParts {
  /** Metrics by name, each with the labels that its selectors name. */
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** Labels of `by (…)`, `on (…)` and the like. */
  readonly grouping: readonly string[];
}

const beforeLabels = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const operators = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

/** Reads the names of metrics and labels in a query. It knows as much of PromQL as our queries need. */
export function partsOf(query: string): QueryParts {
  // No strings, comments and durations: what is left of words is names.
  const bare = query
    .replace(/#.*$/gm, '')
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\[[^\]]*\]/g, '');
  const metrics: { name: string; labels: string[] }[] = [];
  const grouping: string[] = [];
  const word = /([a-zA-Z_:][\w:]*)\s*(\{[^}]*\}|\([^()]*\)|\()?/g;
  for (let found = word.exec(bare); found; found = word.exec(bare)) {
    const [, name = '', after = ''] = found;
    const inside = after.slice(1, -1);
    if (/\d/.test(bare[found.index - 1] ?? '')) continue; // the unit of a number
    if (beforeLabels.has(name)) grouping.push(...(inside.match(/\w+/g) ?? []));
    else if (after.startsWith('{'))
      metrics.push({ name, labels: inside.match(/\w+(?=\s*(?:=|!=|=~|!~)\s*"")/g) ?? [] });
    // A function or an aggregation: what is between its parentheses is read next.
    else if (after.startsWith('(')) word.lastIndex -= inside.length + (after.endsWith(')') ? 1 : 0);
    else if (!operators.has(name.toLowerCase()) && !isAggregation(bare, word.lastIndex))
      metrics.push({ name, labels: [] });
  }
  return { metrics, grouping };
}

/** `sum by (service) (…)`: a word, and then one of {@link beforeLabels}. */
const isAggregation = (text: string, from: number) => /^\s*(?:by|without)\b/.test(text.slice(from));
