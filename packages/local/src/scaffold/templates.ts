import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Files of a template, by path. */
export type TemplateFiles = Readonly<Record<string, string>>;

const folder = join(import.meta.dirname, '..', '..', 'templates');
/** Keeps npm, compilers and linters from taking a template for what it will be. */
const suffix = '.template';

/** Reads the templates in a folder below `templates/`, with values in place of `{{names}}`. */
export function readTemplates(name: string, values: Readonly<Record<string, string>>): TemplateFiles {
  const root = join(folder, name);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    paths.map((path) => [relative(root, path).slice(0, -suffix.length), filled(readFileSync(path, 'utf8'), values)]),
  );
}

function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`a template expects a value for ${name}, got none`);
    return value;
  });
}
