import { currentContext } from '@parley/contract';
import type { Logger } from 'pino';
import { OccasionalWarning } from '../process/occasional-warning.ts';
import { withOwnLevel } from '../process/own-level.ts';

/** One act of an operator, or its end. */
export interface Act {
  /** Name of the operation in the admin contract. */
  readonly act: string;
  /** What an operator has set ends by itself: its time is up. */
  readonly isOver: boolean;
  /** What was acted on, and the state before and after. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Writes a line of the log for each act of an operator, whatever the log level is, and tells its listener. */
export class AuditLog {
  readonly #logger: Logger;
  readonly #onAct: (act: Act) => void;
  readonly #refusals: OccasionalWarning;

  /** @param onAct gets each act */
  constructor(logger: Logger, onAct: (act: Act) => void) {
    this.#onAct = onAct;
    // A level of its own: an operator that silences the log does not silence the audit.
    this.#logger = withOwnLevel(logger, {}, 'warn');
    this.#refusals = new OccasionalWarning(
      this.#logger,
      'refused requests whose admin token is wrong or may not act; this is the last of them',
    );
  }

  /**
   * An operator has acted.
   *
   * @param peer address of the operator's connection
   */
  acted(act: string, peer: string | undefined, details: Act['details']): void {
    const { requestId } = currentContext();
    this.#logger.warn({ act, ...details, peer, requestId }, 'an operator acts');
    this.#onAct({ act, isOver: false, details });
  }

  /**
   * A token was wrong, or may not do what was asked. Somebody may be guessing: one line is written at once, then at most one each 10 s.
   *
   * @param peer address of the operator's connection
   */
  refused(peer: string | undefined): void {
    this.#refusals.note((requests) => ({ requests, peer }));
  }

  /** What an operator has set is over: its time is up. */
  ended(act: string, details: Act['details']): void {
    this.#logger.warn({ act, ...details }, 'what an operator set has ended');
    this.#onAct({ act, isOver: true, details });
  }
}
