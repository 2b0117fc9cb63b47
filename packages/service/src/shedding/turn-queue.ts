/** How long requests may keep the event loop in one turn before fewer of them begin in the next, in ms. */
const longTurnMs = 4;
/** The most requests that begin in one turn. */
const largestBatch = 64;
/** After this number of consecutive turns without a new request, no client waits to be accepted. */
const quietTurns = 3;
/** How much time goes to accepting, at most, as a part of the time that work took. */
const acceptShare = 0.5;

/**
 * Starts a few requests per turn of a busy event loop, round robin between callers. Node accepts one connection per turn:
 * if each turn were full of work, new callers would wait in the kernel behind all connections of a greedy caller. After
 * work the loop turns until no new request arrives, for at most half the time that the work took. So every caller
 * reaches admission, which refuses the greedy one.
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

  /** Records that a request arrived, also if it is refused later. */
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
      if (own.length === 0) this.#waiting.delete(caller);
      else if (this.#waiting.size > 1) {
        // To the end of the line.
        this.#waiting.delete(caller);
        this.#waiting.set(caller, own);
      }
      begin?.();
    }
    this.#hasWorked = true;
  }
}
