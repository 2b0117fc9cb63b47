import type { Logger } from 'pino';
import { OccasionalWarning } from '../process/occasional-warning.ts';

/** Says that HTTP/2 connections ended by the fault of their clients, and how many: a line each 10 s at most. */
export class BrokenSessionLog {
  readonly #warning: OccasionalWarning;

  constructor(logger: Logger) {
    this.#warning = new OccasionalWarning(
      logger,
      'ended HTTP/2 connections whose clients broke the protocol; this is the last of them',
    );
  }

  /** Notes the error of one session, and the address of its client. A connection that broke is no fault, and not noted. */
  note({ code = '', message }: NodeJS.ErrnoException, peer: string | undefined): void {
    if (!code.startsWith('ERR_HTTP2_')) return;
    this.#warning.note((connections) => ({ connections, peer, code, reason: message.slice(0, 200) }));
  }
}
