import type { Backoff, BudgetRefusal, ConnectionChange, ConnectionEnd, QueueEnd, QueueWait } from '@parley/contract';

/** What kept the calls of one upstream waiting, and what became of its connections, within one second. */
export type ClientSummary =
  | { kind: 'retries'; at: string; upstream: string; backoffs: number; longestWaitMs: number; budgetRefusals: number }
  | ({ kind: 'queue'; at: string; upstream: string; longestWaitMs: number } & Record<QueueEnd, number>)
  | {
      kind: 'connections';
      at: string;
      upstream: string;
      opened: number;
      failed: number;
      closed: Partial<Record<ConnectionEnd, number>>;
    };

type Of<Kind extends ClientSummary['kind']> = Extract<ClientSummary, { kind: Kind }>;

/** Upstreams that have a summary of their own in one second; the others share one. */
const maxUpstreams = 100;
const others = 'other';

/** Sums up what is too much to be told one by one: an outage makes thousands of it in a second. */
export class ClientSummaries {
  readonly #retries = new Map<string, Of<'retries'>>();
  readonly #queues = new Map<string, Of<'queue'>>();
  readonly #connections = new Map<string, Of<'connections'>>();

  backoff({ upstream, waitMs }: Backoff): void {
    const sum = this.#retriesOf(upstream);
    sum.backoffs++;
    sum.longestWaitMs = Math.max(sum.longestWaitMs, waitMs);
  }

  budgetRefusal({ upstream }: BudgetRefusal): void {
    this.#retriesOf(upstream).budgetRefusals++;
  }

  queue({ upstream, end, waitMs }: QueueWait): void {
    const sum = sumOf(this.#queues, upstream, (name) => {
      return { kind: 'queue', at: '', upstream: name, admitted: 0, refused: 0, ended: 0, longestWaitMs: 0 };
    });
    sum[end]++;
    sum.longestWaitMs = Math.max(sum.longestWaitMs, waitMs);
  }

  connection(event: ConnectionChange): void {
    const sum = sumOf(this.#connections, event.upstream, (name): Of<'connections'> => {
      return { kind: 'connections', at: '', upstream: name, opened: 0, failed: 0, closed: {} };
    });
    if (event.change === 'closed') sum.closed[event.reason] = (sum.closed[event.reason] ?? 0) + 1;
    else sum[event.change]++;
  }

  /** All of it so far, as of this time; then it begins anew. */
  take(at: string): readonly ClientSummary[] {
    const all = [this.#retries, this.#queues, this.#connections].flatMap((sums): ClientSummary[] => {
      const some = [...sums.values()];
      sums.clear();
      return some;
    });
    return all.map((sum) => ({ ...sum, at }));
  }

  #retriesOf(upstream: string): Of<'retries'> {
    return sumOf(this.#retries, upstream, (name) => {
      return { kind: 'retries', at: '', upstream: name, backoffs: 0, longestWaitMs: 0, budgetRefusals: 0 };
    });
  }
}

function sumOf<Sum>(sums: Map<string, Sum>, upstream: string, create: (upstream: string) => Sum): Sum {
  const name = sums.has(upstream) || sums.size < maxUpstreams ? upstream : others;
  const sum = sums.get(name) ?? create(name);
  sums.set(name, sum);
  return sum;
}
