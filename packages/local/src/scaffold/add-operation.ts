import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRoutes } from '../gateways/nginx-files/nginx-routes.ts';
import { routeText } from '../gateways/nginx-files/nginx-text.ts';
import { policyFile } from '../gateways/policy/policy.ts';
import { routeOf } from '../gateways/table/routes.ts';
import { LocalError } from '../local-error.ts';
import { pathSegmentOf } from './names.ts';

/**
 * Adds an operation to a service: to its contract, to its handlers, and to `nginx/routes.conf` where no route leads there. It
 * is a GET on `/api/SERVICE/OPERATION` that takes and answers a text, to be changed. Changes nothing where it throws.
 *
 * @throws LocalError where the name is not valid or not free, or a file is not as expected
 * @returns paths of the files that are changed, from the root
 */
export function addOperation(root: string, service: string, operation: string): readonly string[] {
  if (!/^[a-z][A-Za-z0-9]*$/.test(operation)) {
    throw new LocalError(`operation must be a name such as countItems, not "${operation}"`, 2);
  }
  const folder = join('services', service);
  const contract = ['contract/contract.ts', 'contract.ts'].find((file) => existsSync(join(root, folder, file)));
  if (service === '' || !contract) {
    throw new LocalError(`expected ${folder}/contract/contract.ts, found none: name a folder under services/`, 2);
  }
  const path = `/api/${service}/${pathSegmentOf(operation)}`;
  const edits: readonly Edit[] = [
    { file: contract, edit: (text) => withContract(text, operation, path), needs: '"defineContract(…, {" and zod' },
    {
      file: 'handlers.ts',
      edit: (text) => withHandler(text, operation),
      needs: 'an object below "Handlers<typeof …>"',
    },
  ];
  const changed = edits.map(({ file, edit, needs }) => {
    const place = join(folder, file);
    const text = readFileSync(join(root, place), 'utf8');
    if (has(text, operation)) {
      throw new LocalError(`${place} has ${operation} already: change it there, or choose another name`, 2);
    }
    return [place, orRefuse(place, needs, edit(text))] as const;
  });
  const routes = withRoute(root, service, path);
  const all = [...changed, ...(routes === undefined ? [] : [[join('nginx', 'routes.conf'), routes] as const])];
  for (const [place, text] of all) writeFileSync(join(root, place), text);
  return all.map(([place]) => place);
}

/** A file that an operation is added to. */
interface Edit {
  readonly file: string;
  /** Undefined where the file is not as expected. */
  readonly edit: (text: string) => string | undefined;
  /** What the edit looks for. */
  readonly needs: string;
}

function orRefuse(place: string, needs: string, text: string | undefined): string {
  if (text !== undefined) return text;
  throw new LocalError(`${place} is not as the template writes it, with ${needs}: add the operation by hand`);
}

/** Undefined where there is no `defineContract(…, {` with zod. */
function withContract(text: string, operation: string, path: string): string | undefined {
  const start = text.search(/defineContract\([^{}\n]+, \{$/m);
  const end = text.indexOf('\n});', start);
  const [names, list = ''] = /import \{([^}]+)\} from '@parley\/contract';/.exec(text) ?? [];
  if (start < 0 || end < 0 || !names || !/import \{ z \} from 'zod'/.test(text)) return undefined;
  const added = `
  ${operation}: get('${path}', {
    summary: '${operation}',
    input: z.object({ text: z.string() }),
    output: z.object({ text: z.string() }),
  }),`;
  const imported = list.split(',').map((name) => name.trim());
  const all = imported.includes('get') ? imported : [...imported, 'get'];
  const withImport = `import { ${all.filter(Boolean).join(', ')} } from '@parley/contract';`;
  return (text.slice(0, end) + added + text.slice(end)).replace(names, () => withImport);
}

/** Undefined where there is no `Handlers<typeof …>` with an object literal below it. */
function withHandler(text: string, operation: string): string | undefined {
  const opening = openingOf(text);
  if (!opening) return undefined;
  const { margin, start } = opening;
  const end = text.indexOf(`\n${margin}};`, start);
  if (end < 0) return undefined;
  const added = `

${margin}  async ${operation}({ text }) {
${margin}    return { text };
${margin}  },`;
  return text.slice(0, end) + added + text.slice(end);
}

/** Where the object of the handlers begins: on the line of its type, or where the function of that type returns it. */
function openingOf(text: string): { readonly margin: string; readonly start: number } | undefined {
  const typed = /^( *).*Handlers<typeof .*\{$/m.exec(text);
  if (!typed) return undefined;
  const [line, margin = ''] = typed;
  const start = typed.index + line.length;
  if (line.endsWith('= {')) return { margin, start };
  // Functions within it may return objects too: theirs stand further to the right.
  const returns = [...text.slice(start).matchAll(/^( *)return \{$/gm)].map(({ 1: own = '', index }) => ({
    margin: own,
    start: start + index,
  }));
  const least = Math.min(...returns.map(({ margin: { length } }) => length));
  return returns.find(({ margin: { length } }) => length === least);
}

function has(text: string, operation: string): boolean {
  return new RegExp(`^ *(async )?${operation}[:(]`, 'm').test(text);
}

/** Undefined where a route leads to the path, or the folder has no routes that are written by hand. */
function withRoute(root: string, service: string, path: string): string | undefined {
  const file = join(root, 'nginx', 'routes.conf');
  if (!existsSync(file) || existsSync(join(root, policyFile))) return undefined;
  const text = readFileSync(file, 'utf8');
  if (routeOf(path, parseRoutes(text))?.service === service) return undefined;
  return `${text.trimEnd()}\n\n${routeText({ isExact: true, path, service })}`;
}
