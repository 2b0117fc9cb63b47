import type { CacheUse } from '@parley/contract';
import { cache } from '../src/cache/cache.ts';
import type { Call, SendCall } from '../src/layer.ts';
import { type CacheOptions, cacheSettings } from '../src/options/cache-options.ts';
import { Telemetry } from '../src/telemetry/telemetry.ts';
import { settled, VirtualClock } from '../src/testing/virtual-clock.ts';
import type { Reply, ReplyHeaders } from '../src/transport/reply.ts';
import { someCall, someReply } from './sample.ts';

/** How the service answers a request. */
export type Answer = (call: Call) => Reply | Error | Promise<Reply>;

/** The cache over a service that a test answers for, in virtual time. */
export class CachedCalls {
  readonly clock = new VirtualClock();
  /** What reached the service. */
  readonly requests: Call[] = [];
  readonly uses: string[] = [];
  hasUserCode = false;
  readonly #send: SendCall;
  readonly #answers: Answer[] = [];
  #standard: Answer = () => someReply();

  constructor(options: CacheOptions = {}) {
    const telemetry = new Telemetry();
    telemetry.subscribe({ onCache: ({ result }: CacheUse) => void this.uses.push(result) });
    const layer = cache(cacheSettings(options), {
      upstream: 'things',
      clock: this.clock,
      telemetry,
      callTimeoutMs: () => 5_000,
      hasUserCode: () => this.hasUserCode,
    });
    this.#send = layer(async (call) => {
      this.requests.push(call);
      const outcome = await (this.#answers.shift() ?? this.#standard)(call);
      if (outcome instanceof Error) throw outcome;
      return outcome;
    });
  }

  /** Answers the next requests with these, one each; later ones get the answer of {@link always}. */
  answer(...answers: readonly Answer[]): this {
    this.#answers.push(...answers);
    return this;
  }

  /** Answers each request like this. */
  always(answer: Answer): this {
    this.#standard = answer;
    return this;
  }

  send(overrides: Partial<Call> = {}): Promise<Reply> {
    return this.#send(someCall(overrides));
  }

  get(headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send({ headers });
  }

  async pass(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1000);
    await settled();
  }
}

/** A reply with these fields, whose body says which one it is. */
export function reply(headers: ReplyHeaders, body = 'one', status = 200): () => Reply {
  return () => someReply(status, headers, body);
}

/** A 304 with these fields. */
export function unchanged(headers: ReplyHeaders = {}): () => Reply {
  return () => someReply(304, headers, '');
}
