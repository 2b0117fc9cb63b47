import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { configMistake, hasPem, isPemFile, ownMembers, type Pem, pemText } from '@parley/contract';
import { fileWatch } from '../discovery/file-watch.ts';
import type { TlsOptions } from '../options/tls-options.ts';
import type { Clock } from '../time/clock.ts';

const parts = ['ca', 'cert', 'key'] as const;

/**
 * The certificates in use. Loads them again when one of their files changes. While the new files do not belong together
 * (half written, key and certificate of different pairs), the old certificates stay, and there is a warning.
 *
 * Scope: upstream.
 */
export class Credentials {
  readonly options: TlsOptions;
  readonly #files: readonly string[];
  readonly #endWatch: () => void;
  #context: SecureContext | undefined;

  /** @throws TypeError that names the part that cannot be used, a mistake of configuration */
  constructor(options: TlsOptions, clock: Clock) {
    this.options = options;
    if ((options.cert === undefined) !== (options.key === undefined)) {
      throw mistake('tls.cert and tls.key go together, got only one of them');
    }
    this.#files = [...new Set(parts.flatMap((part) => pems(options, part).flatMap(fileOf)))];
    const contents = this.#files.map(readOrExplain);
    if (parts.some((part) => options[part] !== undefined)) this.#context = this.#load(contents);
    this.#endWatch = this.#files.length > 0 ? fileWatch(this.#files, contents, clock, this.#reload) : () => {};
  }

  /** For the next handshake; another object after a change. */
  get context(): SecureContext {
    this.#context ??= this.#load([]); // late: an upstream without TLS needs no CAs
    return this.#context;
  }

  /** Ends the watch on the files. */
  close(): void {
    this.#endWatch();
  }

  readonly #reload = (contents: readonly string[]): void => {
    try {
      this.#context = this.#load(contents);
    } catch (error) {
      process.emitWarning(`${(error as Error).message}; the old certificates stay`, 'ParleyTlsWarning');
    }
  };

  #load(contents: readonly string[]): SecureContext {
    const text = (part: (typeof parts)[number]) =>
      pems(this.options, part).map((pem) => {
        const content = isPemFile(pem) ? contents[this.#files.indexOf(pem.file)] : pemText(pem);
        if (content && hasPem(content)) return content;
        const where = isPemFile(pem)
          ? `the file ${pem.file} holds none`
          : 'got other text; for a file say { file: path }';
        throw mistake(`tls.${part} must be PEM: ${where}`);
      });
    const [ca, cert, key] = parts.map(text);
    try {
      return createSecureContext(
        // An inherited `ca` would be trusted.
        ownMembers<SecureContextOptions>({
          minVersion: 'TLSv1.2',
          ...(ca?.length && { ca }),
          // Not a list: of each of that, Node asks for `pem` and `passphrase`, which a text inherits.
          ...(cert?.length && { cert, key: key?.length === 1 ? key[0] : key }),
        }),
      );
    } catch (error) {
      // OpenSSL's own error names the place in its source: only the reason is kept.
      throw mistake(`cannot use the certificates in tls: ${(error as Error).message}`);
    }
  }
}

function pems(options: TlsOptions, part: (typeof parts)[number]): readonly Pem[] {
  const given = options[part];
  if (given === undefined) return [];
  return Array.isArray(given) ? given : [given as Pem];
}

// Certificates come from the environment.
const mistake = (message: string) => configMistake(new TypeError(message));

function readOrExplain(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw mistake(`tls: ${path} cannot be read (${reason}); give a PEM file that this user may read`);
  }
}

function fileOf(pem: Pem): string[] {
  return isPemFile(pem) ? [pem.file] : [];
}
