import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { isPemFile, ownMembers, type Pem, pemText } from '@parley/contract';
import { ConfigError } from '../process/config-error.ts';

/** The certificate of a service, and the CAs that its callers' certificates must be from. */
export interface TlsOptions {
  /** The certificate, and what leads from it to its CA. */
  readonly cert: Pem;
  /** Its private key. */
  readonly key: Pem;
  /** CAs of the callers' certificates. Set, every caller must have one. Default: callers need none. */
  readonly ca?: Pem;
}

/** What a TLS server is made with. */
export interface SecureContext extends SecureContextOptions {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  readonly minVersion: 'TLSv1.2';
}

/** {@link TlsOptions} once read, and how to read them again. */
export interface SecureContextSource {
  readonly current: SecureContext;
  readonly isClientCertificateRequired: boolean;
  /** Reads all files; nothing to do where there are none. Rejects where one cannot be read. */
  read(): Promise<SecureContext>;
  /** False where all is PEM already, which never changes. */
  readonly isFromFiles: boolean;
}

type Part = 'cert' | 'key' | 'ca';

/**
 * Reads certificate, key and CAs.
 *
 * @throws ConfigError where a file cannot be read, or what is in them makes no TLS server
 */
export function openSecureContext(given: TlsOptions): SecureContextSource {
  const options = ownMembers(given);
  const parts = (['cert', 'key', 'ca'] as const).flatMap((part) => {
    const pem = options[part];
    return pem === undefined ? [] : [{ part, pem }];
  });
  const current = contextOf(parts.map(({ part, pem }) => [part, isPemFile(pem) ? readOrExplain(pem.file, part) : pem]));
  try {
    checkSecureContext(current);
  } catch (error) {
    throw new ConfigError(`TLS cannot start: ${(error as Error).message}; give a certificate with its own key, in PEM`);
  }
  return {
    current,
    isClientCertificateRequired: options.ca !== undefined,
    isFromFiles: parts.some(({ pem }) => isPemFile(pem)),
    async read() {
      const read = parts.map(async ({ part, pem }) => [part, isPemFile(pem) ? await readFile(pem.file) : pem] as const);
      return contextOf(await Promise.all(read));
    },
  };
}

/** Throws where OpenSSL would not take it: half a file, a key of another certificate, no certificate in a CA file. */
export function checkSecureContext(context: SecureContext): void {
  createSecureContext(context);
  // OpenSSL takes an empty text for nothing to do, and would then serve without a key.
  if (!new X509Certificate(context.cert).checkPrivateKey(createPrivateKey(privateKey(context)))) {
    throw new Error('the key is not that of the certificate');
  }
  // OpenSSL takes a file without any certificate for an empty list, and would then refuse every caller.
  if (context.ca !== undefined) new X509Certificate(context.ca);
}

// Of a text alone Node makes an object that inherits, and ends the process where its passphrase is none.
function privateKey({ key }: SecureContext) {
  return { key, format: 'pem', passphrase: undefined } as const;
}

function contextOf(contents: readonly (readonly [Part, string | Uint8Array])[]): SecureContext {
  const texts = Object.fromEntries(contents.map(([part, content]) => [part, pemText(content)]));
  // Node reads each setting of TLS from it, inherited ones too.
  return ownMembers<SecureContext>({ ...(texts as Record<'cert' | 'key', string>), minVersion: 'TLSv1.2' });
}

function readOrExplain(path: string, part: Part): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new ConfigError(
      `TLS cannot start: ${part} cannot be read from ${path} (${reason}); set TLS_${part.toUpperCase()}_FILE to a PEM file that this user may read`,
    );
  }
}
