import type { Readable } from 'node:stream';
import { CallError } from '@parley/contract';

/**
 * The streams that an upstream has open. They end by themselves only when the server wants, so that closing the
 * upstream must end them.
 *
 * Scope: upstream.
 */
export class ActiveStreams {
  readonly #bodies = new Map<Readable, string>();

  add(body: Readable, operation: string): void {
    this.#bodies.set(body, operation);
    body.once('close', () => this.#bodies.delete(body));
  }

  /** Ends them all, with an error for their readers. */
  close(): void {
    for (const [body, operation] of this.#bodies) {
      body.destroy(new CallError('unavailable', 'the upstream was closed under the stream', { operation }));
    }
  }
}
