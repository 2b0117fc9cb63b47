import { existsSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import { messageOf } from '@parley/contract';
import { builtInFiles } from '../gateways/gateway-files.ts';
import { generatedFiles, staleFiles } from '../gateways/generated-files.ts';
import { type NginxDirective, nginxDirectives } from '../gateways/nginx-files/nginx-directives.ts';
import { readGatewayTable } from '../gateways/table/gateway-table.ts';
import { LocalError } from '../local-error.ts';
import { type ComposeFile, composeVariables, openComposeFile } from '../wiring/compose-file.ts';
import { readEnvFiles } from '../wiring/env-files.ts';
import { interpolate, type Variables } from '../wiring/interpolation.ts';
import type { Mapping } from '../wiring/mapping.ts';
import { readTextFile } from '../wiring/text-file.ts';
import { envFilesOf } from '../wiring/wiring.ts';
import { includedDirectives } from './included-directives.ts';
import { type MountedText, matches, mountedTexts, nginxMounts } from './mounts.ts';

/** What a repository says of how its services run together, with files and lines: for tools that check it. */
export interface WiringFiles {
  readonly compose: ComposeFile;
  /** Puts variables into a value of the compose file. A required variable that is not set is empty. */
  readonly interpolated: (written: string) => string;
  /** What a value of the compose file is where no variable is set: its defaults alone. */
  readonly withDefaults: (written: string) => string;
  /** The gateway's configuration from `nginx.conf` on, with what it includes in place of each `include`. */
  readonly nginx: readonly NginxDirective[];
  /** Whether the repository has no nginx configuration: this is the one that `npm start` uses then, without its routes. */
  readonly isBuiltIn: boolean;
  /** Files that `parley gateway` writes and somebody has changed since, with the first line that is another one. */
  readonly edited: readonly { readonly file: string; readonly line: number }[];
  /** Files that `parley gateway` writes and that are as it wrote them. */
  readonly generated: ReadonlySet<string>;
  /** The text of a file of the repository; undefined where there is none. */
  readonly textOf: (path: string) => string | undefined;
  /**
   * The variables that a service has from the files of its `env_file`; undefined where one of them is not there, such as one that is not
   * in the repository.
   */
  readonly envFilesOf: (entry: Mapping) => Variables | undefined;
}

/**
 * Reads the compose file of a folder, and the nginx configuration that its gateway mounts below `/etc/nginx`: else that in `nginx/`, else
 * the built-in one. Where only files of `conf.d` are mounted, the `nginx.conf` of the official image includes them.
 *
 * @param variables the environment, which comes before the folder's `.env`
 * @throws LocalError where a file is missing or cannot be read
 */
export function readWiringFiles(root: string, variables: Variables): WiringFiles {
  const compose = openComposeFile(root);
  const composed = composeVariables(root, variables);
  const from = (values: Variables) => (written: string) => {
    try {
      return interpolate(written, values, { isLenient: true });
    } catch (error) {
      throw new LocalError(`${compose.fileName}: ${messageOf(error)}`);
    }
  };
  const [interpolated, withDefaults] = [from(composed), from({})];
  const textOf = (path: string) => (existsSync(resolve(root, path)) ? readTextFile(resolve(root, path)) : undefined);
  const ofService = (entry: Mapping) => readEnvFiles(root, envFilesOf(entry, composed));
  const ways = [nginxMounts(root, compose, interpolated), [{ source: 'nginx', target: '/etc/nginx' }]];
  const configurations = ways.map((mounts) => expanded((path) => textsAt(root, mounts, path)));
  const own = configurations.find((nginx) => nginx.some(({ name, block = [] }) => name === 'http' && block.length > 0));
  const nginx = own ?? builtIn(Object.keys(compose.services));
  return {
    compose,
    interpolated,
    withDefaults,
    nginx,
    isBuiltIn: own === undefined,
    ...writtenFiles(root, textOf),
    textOf,
    envFilesOf: ofService,
  };
}

/** By the table that is beside them: contracts, which may have changed too, are not imported here. */
function writtenFiles(root: string, textOf: WiringFiles['textOf']): Pick<WiringFiles, 'edited' | 'generated'> {
  const table = readGatewayTable(root);
  if (!table) return { edited: [], generated: new Set() };
  const files = generatedFiles(root, table);
  const stale = staleFiles(root, files);
  const edited = stale.map((file) => {
    const expected = (files.get(file) ?? '').split('\n');
    const at = (textOf(file) ?? '').split('\n').findIndex((line, index) => line !== expected[index]);
    return { file, line: Math.max(0, at) + 1 };
  });
  return { edited, generated: new Set(files.keys()).difference(new Set(stale)) };
}

/** What the official image has where nothing is mounted. */
const imageConfiguration = { name: 'nginx.conf', text: 'http { include /etc/nginx/conf.d/*.conf; }' };

/** An include is relative to the folder of `nginx.conf`. What the image has beside, such as mime.types, is not in the repository. */
function textsAt(root: string, mounts: ReturnType<typeof nginxMounts>, path: string): readonly MountedText[] {
  const found = mountedTexts(root, mounts, posix.resolve('/etc/nginx', path));
  return found.length === 0 && path === 'nginx.conf' ? [imageConfiguration] : found;
}

function builtIn(services: readonly string[]): readonly NginxDirective[] {
  const files = [...builtInFiles(new Map(services.map((name) => [name, []])))];
  return expanded((pattern) =>
    files.filter(([name]) => matches(name, pattern)).map(([name, text]) => ({ name: `nginx/${name}`, text })),
  );
}

function expanded(texts: (pattern: string) => readonly MountedText[]): readonly NginxDirective[] {
  return includedDirectives('nginx.conf', (pattern) =>
    texts(pattern).map(({ name, text }) => ({ name, directives: nginxDirectives(text, name) })),
  );
}
