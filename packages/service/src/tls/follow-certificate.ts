import { X509Certificate } from 'node:crypto';
import type { Logger } from 'pino';
import { loggedError } from '../process/logged-error.ts';
import { checkSecureContext, type SecureContext, type SecureContextSource } from './secure-context.ts';

/** What of a TLS server is needed to change its certificate. */
export interface SecureServer {
  setSecureContext(context: SecureContext): void;
}

/** Follows the files of a certificate until it is closed. */
export interface CertificateFollower {
  /** The certificate that new connections get now, as PEM. */
  readonly pem: string;
  close(): void;
}

/** How a certificate is followed. */
export interface FollowCertificateOptions {
  readonly logger: Logger;
  /** How often its files are read. Default 5000. */
  readonly intervalMs?: number;
}

/**
 * Gives a server its new certificate, key and CAs when their files change. New connections get it, those that are open
 * keep theirs. While the files are missing, half-written or don't belong together, the server keeps what it has, and
 * one line of the log says so. Reads and compares: watching misses changes behind bind mounts and links, both usual in containers.
 */
export function followCertificate(
  server: SecureServer,
  source: SecureContextSource,
  { logger, intervalMs = 5000 }: FollowCertificateOptions,
): CertificateFollower {
  let pem = source.current.cert;
  if (!source.isFromFiles) return { pem, close: () => {} };
  let served = fingerprint(source.current);
  let refused: string | undefined;
  let isReading = false;

  const look = async () => {
    // The last state, readable or not: the same fault is logged once.
    let seen = '';
    try {
      const context = await source.read();
      seen = fingerprint(context);
      if (seen === served || seen === refused) return;
      checkSecureContext(context);
      server.setSecureContext(context);
      served = seen;
      pem = context.cert;
      refused = undefined;
      logger.info({ validTo: new X509Certificate(context.cert).validTo }, 'certificate renewed');
    } catch (error) {
      seen ||= String((error as NodeJS.ErrnoException).code);
      if (seen !== refused) logger.warn({ err: loggedError(error) }, 'new certificate refused, the old one stays');
      refused = seen;
    }
  };
  const timer = setInterval(async () => {
    if (isReading) return;
    isReading = true;
    await look();
    isReading = false;
  }, intervalMs).unref();
  return {
    get pem() {
      return pem;
    },
    close: () => clearInterval(timer),
  };
}

function fingerprint({ cert, key, ca }: SecureContext): string {
  return JSON.stringify([cert, key, ca]);
}
