import type { Call, CallLayer, SendCall } from '../layer.ts';
import type { CallEvents } from '../telemetry/call-events.ts';
import type { Clock } from '../time/clock.ts';
import type { Reply } from '../transport/reply.ts';
import type { CallQueue } from './call-queue.ts';

/**
 * Protects an upstream from more at once than it can do, and this process from piling up calls to a slow one. A call holds
 * one place for all its attempts, a stream until its first byte; a call without a place waits in the queue.
 *
 * @param events gets each wait and each refusal. Default: nobody does
 * @throws CallError `overloaded`, never processed, where the queue refuses
 */
export function concurrencyLimit(queue: CallQueue, clock: Clock, events?: CallEvents): CallLayer {
  return (next) => {
    const leave = (reply: Reply) => {
      queue.leave(clock.now());
      return reply;
    };
    const fail = (error: unknown) => {
      queue.leave(clock.now());
      throw error;
    };
    return function concurrencyLimit(call) {
      if (queue.limit === Number.POSITIVE_INFINITY) return next(call);
      // Most calls: no closure, and one promise.
      if (queue.enter()) return queue.isMeasured ? hold(queue, clock, next, call) : next(call).then(leave, fail);
      const queuedAtMs = clock.now();
      const tell = (error?: unknown) => {
        const { inFlight, limit } = queue;
        const tookMs = clock.now() - queuedAtMs;
        events?.queued(call, tookMs, inFlight, limit, error);
        if (error && tookMs === 0) return; // one that was refused at once has not waited
        call.story.add({ kind: 'queued', tookMs, inFlight, limit }, queuedAtMs);
      };
      return queue.wait(call, queuedAtMs).then(
        () => {
          tell();
          return hold(queue, clock, next, call);
        },
        (error) => {
          tell(error);
          throw error;
        },
      );
    };
  };
}

async function hold(queue: CallQueue, clock: Clock, next: SendCall, call: Call): Promise<Reply> {
  const startedAtMs = clock.now();
  const { inFlight } = queue;
  try {
    const reply = await next(call);
    // The time to a stream's first byte does not measure the work behind it.
    if (!reply.error && call.replyAs !== 'stream') queue.learn(clock.now() - startedAtMs, inFlight);
    return reply;
  } finally {
    const now = clock.now();
    queue.leave(now, now - startedAtMs);
  }
}
