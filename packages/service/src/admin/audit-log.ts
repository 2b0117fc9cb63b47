import { currentContext } from '@parley/contract';
import type { Logger } from 'pino';
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

  /** @param onAct gets each act */
  constructor(logger: Logger, onAct: (act: Act) => void) {
    this.#onAct = onAct;
    // A level of its own: an operator that silences the log does not silence the audit.
    this.#logger = withOwnLevel(logger, {}, 'warn');
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

  /** What an operator has set is over: its time is up. */
  ended(act: string, details: Act['details']): void {
    this.#logger.warn({ act, ...details }, 'what an operator set has ended');
    this.#onAct({ act, isOver: true, details });
  }
}
