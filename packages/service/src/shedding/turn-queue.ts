/** How long requests may keep the event loop in one turn before fewer of them begin in the next, in ms. */
const longTurnMs = 4;
/** The most requests that begin in one turn. */
const largestBatch = 64;
/** This number of turns without a new request in a row: nobody is waiting to be accepted. */
const quietTurns = 3;
/** How much time goes to accepting, at most, as a part of the time that work took. */
const acceptShare = 0.5;

/**
 * Lets requests begin a few per turn of the event loop, by turns between callers. For a loop that is busy: Node accepts one
 * connection per turn, so if each turn were full of work, new callers would wait in the kernel behind all connections of a
 * greedy one, where nothing tells them apart. After work the loop turns until no new request comes, half as long as the
 * work took at most; so each caller gets as far as admission, and a greedy one is refused there.
 */
export class TurnQueue {
  readonly #now: () => number;
  readonly #waiting = new Map<string, (() => void)[]>();
  #batch = 1;
  #isTurning = false;
  #hasArrived = false;
  #hasWorked = false;
  #quiet = 0;
  #acceptMs = 0;
  #turnedMs = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether requests wait. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Notes that a request has come, whatever becomes of it. */
  arrive(): void {
    this.#hasArrived = true;
  }

  /** Lets a request of a caller begin when it is its turn. `begin` must not throw. */
  add(caller: string, begin: () => void): void {
    const own = this.#waiting.get(caller);
    if (own) own.push(begin);
    else this.#waiting.set(caller, [begin]);
    if (this.#isTurning) return;
    this.#isTurning = true;
    this.#turnedMs = this.#now();
    setImmediate(this.#turn);
  }

  readonly #turn = () => {
    const nowMs = this.#now();
    this.#look(nowMs - this.#turnedMs);
    this.#turnedMs = nowMs;
    if (this.#quiet >= quietTurns || this.#acceptMs <= 0) this.#begin();
    this.#isTurning = this.isWaiting;
    if (this.#isTurning) setImmediate(this.#turn);
  };

  /** Learns from the turn that is over. */
  #look(tookMs: number): void {
    this.#quiet = this.#hasArrived ? 0 : this.#quiet + 1;
    this.#hasArrived = false;
    if (!this.#hasWorked) {
      this.#acceptMs -= tookMs;
      return;
    }
    this.#hasWorked = false;
    this.#quiet = 0;
    this.#acceptMs = tookMs * acceptShare;
    this.#batch = tookMs > longTurnMs ? Math.ceil(this.#batch / 2) : Math.min(largestBatch, this.#batch * 2);
  }

  #begin(): void {
    for (let n = 0; n < this.#batch; n++) {
      const [first] = this.#waiting;
      if (!first) break;
      const [caller, own] = first;
      const begin = own.shift();
      this.#waiting.delete(caller);
      if (own.length > 0) this.#waiting.set(caller, own);
      begin?.();
    }
    this.#hasWorked = true;
  }
}
