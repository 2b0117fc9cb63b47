import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { ConfigError } from '../process/config-error.ts';
import { fetchJwks } from './fetch-jwks.ts';
import { KeySource } from './key-source.ts';
import type { Jwks } from './token-options.ts';

/** Longest time in ms that a withdrawn key is still accepted, while its issuer answers. */
const fetchedMaxAgeMs = 600_000;

const fileMaxAgeMs = 10_000;

/**
 * Opens the keys of an issuer, wherever they are. Those at an address are first fetched when a token comes, so that a
 * service starts while its issuer is away. `parse` throws where they are none.
 *
 * @throws ConfigError where a file cannot be read or holds no keys
 */
export function openKeys<Keys>(jwks: Jwks, parse: (json: unknown) => Keys, logger: Logger): KeySource<Keys> {
  if (jwks instanceof URL) {
    const read = async () => parse(await fetchJwks(jwks));
    return new KeySource({ read, maxAgeMs: fetchedMaxAgeMs, logger });
  }
  if ('file' in jwks) {
    const { file } = jwks;
    const read = async () => parse(JSON.parse(await readFile(file, 'utf8')));
    return new KeySource({ read, maxAgeMs: fileMaxAgeMs, logger }, readOrExplain(file, parse));
  }
  const keys = parse(jwks);
  return new KeySource({ read: async () => keys, maxAgeMs: Number.POSITIVE_INFINITY, logger }, keys);
}

function readOrExplain<Keys>(file: string, parse: (json: unknown) => Keys): Keys {
  try {
    return parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const { syscall, code } = error as NodeJS.ErrnoException;
    const reason = syscall ? code : 'no JWK Set';
    throw new ConfigError(
      `tokens cannot be checked: no keys in ${file} (${reason}); set TOKEN_JWKS_FILE to a JWK Set that this user may read`,
    );
  }
}
