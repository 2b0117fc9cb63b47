import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { builtInFiles } from '../gateways/gateway-files.ts';
import { LocalError, messageOf } from '../local-error.ts';
import { type ComposeFile, composeVariables, mappingOf, openComposeFile } from '../wiring/compose-file.ts';
import { interpolate, type Variables } from '../wiring/interpolation.ts';
import { includedDirectives, type NginxDirective, nginxDirectives } from './nginx-source.ts';

/** What a repository says of how its services run together, with files and lines: for tools that check it. */
export interface WiringFiles {
  readonly compose: ComposeFile;
  /** Puts variables into a value of the compose file. A required variable that is not set is empty. */
  readonly interpolated: (written: string) => string;
  /** The gateway's configuration from `nginx.conf` on, with what it includes in place of each `include`. */
  readonly nginx: readonly NginxDirective[];
  /** Whether the repository has no nginx configuration: this is the one that `npm start` uses then, without its routes. */
  readonly isBuiltIn: boolean;
  /** The text of a file of the repository; undefined where there is none. */
  readonly textOf: (path: string) => string | undefined;
}

/** Files in the folder of nginx, by their names from that folder. */
type ConfTexts = (pattern: string) => readonly { readonly name: string; readonly text: string }[];

/**
 * Reads the compose file of a folder, and the nginx configuration that its gateway mounts on `/etc/nginx`: else that in `nginx/`, else
 * the built-in one.
 *
 * @param variables the environment, which comes before the folder's `.env`
 * @throws LocalError where a file is missing or cannot be read
 */
export function readWiringFiles(root: string, variables: Variables): WiringFiles {
  const compose = openComposeFile(root);
  const composed = composeVariables(root, variables);
  const interpolated = (written: string) => {
    try {
      return interpolate(written, composed, { isLenient: true });
    } catch (error) {
      throw new LocalError(`${compose.fileName}: ${messageOf(error)}`);
    }
  };
  const textOf = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
  const folder = nginxFolder(root, compose, interpolated);
  const nginx = folder === undefined ? builtIn(Object.keys(compose.services)) : inFolder(root, folder);
  return { compose, interpolated, nginx, isBuiltIn: folder === undefined, textOf };
}

/** The folder with `nginx.conf`, from the root. */
function nginxFolder(
  root: string,
  { services }: ComposeFile,
  interpolated: (written: string) => string,
): string | undefined {
  const volumes = Object.values(services).flatMap((entry) => mappingOf(entry)?.volumes ?? []);
  const mounted = volumes.flatMap((volume) => {
    const { source, target } = mappingOf(volume) ?? {};
    const [from = '', to = ''] = source === undefined ? interpolated(String(volume)).split(':') : [source, target];
    if (to === '/etc/nginx') return [String(from)];
    return to === '/etc/nginx/nginx.conf' ? [dirname(String(from))] : [];
  });
  return [...mounted, 'nginx'].map(normalize).find((folder) => existsSync(join(root, folder, 'nginx.conf')));
}

function inFolder(root: string, folder: string): readonly NginxDirective[] {
  return expanded((pattern) => {
    // What the image has beside them, such as mime.types, is not in the repository.
    const path = pattern.replace(/^\/etc\/nginx\//, '');
    const inside = dirname(path);
    if (!existsSync(join(root, folder, inside))) return [];
    const names = readdirSync(join(root, folder, inside)).filter((name) => matches(name, basename(path)));
    return names.sort().map((name) => ({
      name: join(folder, inside, name),
      text: readFileSync(join(root, folder, inside, name), 'utf8'),
    }));
  });
}

function builtIn(services: readonly string[]): readonly NginxDirective[] {
  const files = [...builtInFiles(new Map(services.map((name) => [name, []])))];
  return expanded((pattern) =>
    files.filter(([name]) => matches(name, pattern)).map(([name, text]) => ({ name: `nginx/${name}`, text })),
  );
}

function expanded(texts: ConfTexts): readonly NginxDirective[] {
  const filesOf = (pattern: string) => texts(pattern).map(({ name, text }) => nginxDirectives(text, name));
  return includedDirectives(filesOf('nginx.conf').flat(), filesOf);
}

/** Whether a name is what a pattern with `*` and `?` means. */
function matches(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}
