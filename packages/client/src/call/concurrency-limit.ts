import type { Layer, Request, Send } from '../layer.ts';
import type { Clock } from '../time/clock.ts';
import type { Reply } from '../transport/reply.ts';
import type { CallQueue } from './call-queue.ts';

/**
 * Protects an upstream from more at once than it can do, and this process from piling up calls to a slow one. A call holds
 * one place for all its attempts, a stream until its first byte; who finds none waits in the limiter's queue.
 *
 * @throws CallError `overloaded`, never processed, where the limiter refuses
 */
export function concurrencyLimit(limiter: CallQueue, clock: Clock): Layer {
  return (next) =>
    function concurrencyLimit(request) {
      if (limiter.limit === Number.POSITIVE_INFINITY) return next(request);
      if (limiter.enter()) return hold(limiter, clock, next, request);
      const queuedAtMs = clock.now();
      return limiter.queue(request, queuedAtMs).then(() => {
        const { inFlight, limit } = limiter;
        request.story.add({ kind: 'queued', tookMs: clock.now() - queuedAtMs, inFlight, limit }, queuedAtMs);
        return hold(limiter, clock, next, request);
      });
    };
}

async function hold(limiter: CallQueue, clock: Clock, next: Send, request: Request): Promise<Reply> {
  const startedAtMs = clock.now();
  const { inFlight } = limiter;
  try {
    const reply = await next(request);
    // The first byte of a stream says nothing of the work behind it.
    if (!reply.error && request.replyAs !== 'stream') limiter.learn(clock.now() - startedAtMs, inFlight);
    return reply;
  } finally {
    limiter.leave(clock.now() - startedAtMs);
  }
}
