import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What the network between a caller and a service does. What is slow is slow on the way back. */
export type Condition =
  | { readonly kind: 'pass' }
  /** Connections are taken, and nothing comes through in either direction; it is held, not lost. */
  | { readonly kind: 'black hole' }
  /** Open connections and new ones are reset. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number };

/**
 * A TCP proxy in front of a service, whose network can be spoilt at any time, for open connections too.
 * After userver's `chaos::TcpGate`.
 */
export class TcpGate {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  #condition: Condition = { kind: 'pass' };
  #changed = Promise.withResolvers<void>();

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer({ allowHalfOpen: true }, (caller) => this.#accept(caller));
  }

  /** Opens a gate, in which everything passes at first. */
  static async open(target: string): Promise<TcpGate> {
    const gate = new TcpGate(Number(new URL(target).port));
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Changes the network, from the next byte on. */
  become(condition: Condition): void {
    this.#condition = condition;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    if (condition.kind === 'reset') for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Cuts all connections and takes no more. */
  async close(): Promise<void> {
    this.become({ kind: 'reset' });
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(caller: Socket): void {
    this.#sockets.add(caller);
    if (this.#condition.kind === 'reset') {
      caller.resetAndDestroy();
      this.#sockets.delete(caller);
      return;
    }
    const service = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true });
    this.#sockets.add(service);
    for (const [one, other] of [
      [caller, service],
      [service, caller],
    ] as const) {
      one.setNoDelay(true);
      one.on('error', () => {}); // what broke on one side breaks on the other
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    this.#carry(caller, service, false).catch(() => {});
    this.#carry(service, caller, true).catch(() => {});
  }

  async #carry(from: Socket, to: Socket, isReply: boolean): Promise<void> {
    for await (const chunk of from) {
      await this.#passage();
      const condition = this.#condition;
      if (isReply && condition.kind === 'delay') await pause(condition.ms);
      if (isReply && condition.kind === 'drip') await this.#drip(chunk, to, condition);
      else if (to.writable) to.write(chunk);
    }
    await this.#passage();
    to.end();
  }

  /** Until something may come through. */
  async #passage(): Promise<void> {
    while (this.#condition.kind === 'black hole') await this.#changed.promise;
  }

  async #drip(chunk: Buffer, to: Socket, condition: Condition & { readonly kind: 'drip' }): Promise<void> {
    const { bytes, everyMs } = condition;
    let at = 0;
    while (at < chunk.length && to.writable && this.#condition === condition) {
      to.write(chunk.subarray(at, at + bytes));
      at += bytes;
      await pause(everyMs);
    }
    if (to.writable) to.write(chunk.subarray(at));
  }
}
