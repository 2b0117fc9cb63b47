import type { Gathered } from './each-replica.ts';
import type { AdminClient } from './operator.ts';

type Listed = Awaited<ReturnType<AdminClient['listCalls']>>;

/** A call to an upstream, or a request that a service has answered, as a replica remembers it. */
export type Recent = { readonly service: string; readonly replica: string } & (
  | ({ readonly kind: 'call' } & Listed['calls'][number])
  | ({ readonly kind: 'request' } & Listed['requests'][number])
);

/** What all replicas remember, in their order. */
export function recentOf({ answers }: Gathered<Listed>): readonly Recent[] {
  return answers.flatMap(({ replica: { service, name: replica }, answer }): Recent[] => [
    ...answer.calls.map((call) => ({ service, replica, kind: 'call' as const, ...call })),
    ...answer.requests.map((request) => ({ service, replica, kind: 'request' as const, ...request })),
  ]);
}
