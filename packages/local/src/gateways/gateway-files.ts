import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../local-error.ts';

/** Text of the project's nginx configuration, by file name. */
export type GatewayFiles = ReadonlyMap<string, string>;

/** Reads the `.conf` files of the folder's `nginx/`. */
export function readGatewayFiles(root: string): GatewayFiles {
  const folder = join(root, 'nginx');
  if (!existsSync(folder))
    throw new LocalError(`expected the gateway's configuration in ${folder}, found no such folder`);
  const names = readdirSync(folder).filter((name) => name.endsWith('.conf'));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** The text of one of them. */
export function gatewayFile(files: GatewayFiles, name: string): string {
  const text = files.get(name);
  if (text === undefined)
    throw new LocalError(`nginx/: expected a file ${name}, found ${[...files.keys()].join(', ') || 'none'}`);
  return text;
}
