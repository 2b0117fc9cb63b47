import { CallError, currentContext, ownMember } from '@parley/contract';
import type { RequestHandler } from 'express';
import type { OperationOptions } from '../requests/operation-options.ts';
import { untilAborted } from '../requests/until-aborted.ts';
import type { AbortCode } from './abort-codes.ts';

/** What an operator has a part of an operation's requests suffer. */
export interface Fault {
  /** The request waits this long before it is served, in ms. */
  readonly delayMs?: number | undefined;
  /** Code of the error that the request is answered with. */
  readonly abort?: AbortCode | undefined;
  /** Share of the requests, in percent. */
  readonly percentage: number;
}

/** A fault that an operator has set, as operators see it. */
export interface SetFault extends Fault {
  /** Name of the operation in the contract. */
  readonly operation: string;
  /** When it ends, as ISO 8601. */
  readonly endsAt: string;
  /** Requests that it has hit so far. */
  readonly hits: number;
}

/** One operation. Without a fault a request reads one member of this and no more. */
interface Slot {
  fault: (Fault & { readonly endsAtMs: number; readonly timer: NodeJS.Timeout; hits: number }) | undefined;
}

type Options = Readonly<Record<string, OperationOptions | undefined>>;

/**
 * Injects faults into the requests of single operations, for a time: to see how callers bear them.
 *
 * Scope: service.
 */
export class Faults {
  readonly #slots = new Map<string, Slot>();
  readonly #random: () => number;

  /** @param random gives numbers in [0, 1) */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The faults that hold now. */
  get all(): readonly SetFault[] {
    return [...this.#slots.keys()].flatMap((operation) => this.of(operation) ?? []);
  }

  /** The fault of an operation; none where there is none. */
  of(operation: string): SetFault | undefined {
    const fault = this.#slots.get(operation)?.fault;
    if (!fault) return undefined;
    const { delayMs, abort, percentage, endsAtMs, hits } = fault;
    return { operation, delayMs, abort, percentage, endsAt: new Date(endsAtMs).toISOString(), hits };
  }

  /** Adds what injects faults to the options of each operation, below authentication and above all middleware of its own. */
  within(operations: readonly string[], options: object = {}): Options {
    const own = options as Options;
    const injected = operations.map((name) => {
      const given = ownMember(own, name) ?? {};
      const slot: Slot = { fault: undefined };
      this.#slots.set(name, slot);
      return [name, { ...given, middleware: [injectFault(slot, this.#random), ...(given.middleware ?? [])] }];
    });
    return { ...own, ...Object.fromEntries(injected) }; // with names that the contract lacks, which are refused later
  }

  /**
   * Injects a fault from now on, in place of the one before.
   *
   * @param onOver called when its time is up
   * @throws CallError `not_found` where the service has no such operation
   */
  set(operation: string, { delayMs, abort, percentage }: Fault, forMs: number, onOver: () => void): void {
    const slot = this.#slotOf(operation);
    this.end(operation);
    const timer = setTimeout(() => {
      onOver();
      slot.fault = undefined;
    }, forMs).unref();
    slot.fault = { delayMs, abort, percentage, endsAtMs: Date.now() + forMs, timer, hits: 0 };
  }

  /** Ends the fault of an operation, where there is one. @throws CallError `not_found` as {@link set} */
  end(operation: string): void {
    const slot = this.#slotOf(operation);
    clearTimeout(slot.fault?.timer);
    slot.fault = undefined;
  }

  /** Ends all. */
  close(): void {
    for (const operation of this.#slots.keys()) this.end(operation);
  }

  #slotOf(operation: string): Slot {
    const slot = this.#slots.get(operation);
    if (slot) return slot;
    const known = [...this.#slots.keys()].join(', ') || 'none';
    throw new CallError('not_found', `This service has no operation ${JSON.stringify(operation)}; it has: ${known}`);
  }
}

function injectFault(slot: Slot, random: () => number): RequestHandler {
  return function injectFault(_req, _res, next) {
    const { fault } = slot;
    if (fault === undefined) return next();
    if (random() * 100 >= fault.percentage) return next();
    fault.hits++;
    suffer(fault).then(() => next(), next);
  };
}

/** @throws CallError that says that it is injected, or the reason for which the request ends meanwhile */
async function suffer({ delayMs = 0, abort }: Fault): Promise<void> {
  if (delayMs > 0) await delay(delayMs, currentContext().signal);
  if (abort !== undefined)
    throw new CallError(abort, 'This failure is injected: an operator has set it in the admin API');
}

async function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await untilAborted(() => promise, signal);
  } finally {
    clearTimeout(timer);
  }
}
