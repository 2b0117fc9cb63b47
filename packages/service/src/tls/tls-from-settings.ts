import type { Pem } from '@parley/contract';
import { type Environment, readSettings, type Settings } from '../process/settings.ts';
import type { TlsOptions } from './secure-context.ts';

/**
 * The certificate, key and CAs of `TLS_CERT_FILE`, `TLS_KEY_FILE` and `TLS_CA_FILE`, or nothing where they are not set. `serve` takes
 * them by itself; here they are for calling others, in the form that `createUpstream` takes: a service shows them the same certificate.
 *
 * @throws ConfigError where a setting is wrong
 * @example
 * createUpstream('greetings', GREETINGS_URL, { tls: tlsFromEnvironment() });
 */
export function tlsFromEnvironment(env: Environment = process.env): TlsOptions | undefined {
  return tlsFromSettings(readSettings(env));
}

/** TLS as the settings have it, or nothing where they have none. */
export function tlsFromSettings({ tlsCertFile, tlsKeyFile, tlsCaFile }: Settings): TlsOptions | undefined {
  if (!tlsCertFile || !tlsKeyFile) return undefined;
  const file = (path: string): Pem => ({ file: path });
  return { cert: file(tlsCertFile), key: file(tlsKeyFile), ...(tlsCaFile && { ca: file(tlsCaFile) }) };
}
