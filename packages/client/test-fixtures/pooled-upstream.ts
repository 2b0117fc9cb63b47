import type { UpstreamOptions } from '../src/options/upstream-options.ts';
import { createUpstream } from '../src/upstream.ts';
import { closeAfterTest } from './close-after-test.ts';
import type { HeldAnswers } from './held-answers.ts';
import { patient } from './patient.ts';
import { type Behaviour, httpReply, RawServer } from './raw-server.ts';

/** All calls get to the pool. */
const unlimited = { concurrencyLimit: Number.POSITIVE_INFINITY };

/** An upstream, closed after the test, over one server that behaves as described, and the counts of its connections. */
export async function upstreamOf(behave: Behaviour, options: Partial<UpstreamOptions> = {}) {
  const server = new RawServer(behave);
  const address = await server.listen();
  const upstream = createUpstream('things', address, { maxAttempts: 1, ...patient, ...unlimited, ...options });
  closeAfterTest(server, upstream);
  const counts = () => {
    const [endpoint] = upstream.endpoints();
    if (!endpoint) throw new Error('no endpoint');
    return endpoint.connections;
  };
  return { server, address, upstream, counts };
}

/** Answers at once. */
export const ok: Behaviour = (socket) => socket.write(httpReply('{}'));
/** Answers when a test says so. */
export const heldBy =
  (held: HeldAnswers): Behaviour =>
  (socket) =>
    held.hold(() => socket.write(httpReply('{}')));

/** Answers a connection's first `count` requests; later requests meet a reset or an end, unread. */
export function stale(count: number, how: 'resetAndDestroy' | 'destroy'): Behaviour {
  const answered = new WeakMap<object, number>();
  return (socket) => {
    const before = answered.get(socket) ?? 0;
    answered.set(socket, before + 1);
    if (before < count) socket.write(httpReply('{}'));
    else socket[how]();
  };
}
