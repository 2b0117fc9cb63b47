import type { NginxDirective } from '@parley/local';
import { allDirectives, inForce, settingIn } from '../nginx-contexts.ts';
import { type Problem, problem, type Rules } from '../rule.ts';

/** Whether a `limit_req` counts some requests only: its key is empty by default, such as one of an operation. */
function isOfSome({ args }: NginxDirective, nginx: readonly NginxDirective[]): boolean {
  const all = allDirectives(nginx);
  const zone = args.find((word) => word.startsWith('zone='));
  const key = all.find(
    (one) => one.name === 'limit_req_zone' && one.args.some((word) => `${word}:`.startsWith(`${zone}:`)),
  )?.args[0];
  const map = all.find((one) => one.name === 'map' && one.args[1] === key);
  const standard = map?.block?.find(({ name }) => name === 'default')?.args[0];
  return map !== undefined && (standard ?? '') === '';
}

/** Limits per client. */
export const limitRules: Rules = {
  'requests-unlimited': {
    finds: 'a route without `limit_req`: one client can take all that the services have',
    in: ({ routes, http, nginx }) =>
      routes
        .filter((route) => inForce(route, 'limit_req').every((limit) => isOfSome(limit, nginx)))
        .map(() =>
          problem(
            http,
            'the gateway has no limit_req, so one client can take all that the services have: add one per $binary_remote_addr',
          ),
        ),
  },
  'limit-blames-service': {
    finds: "the gateway's own limit answers 503: no `limit_req_status 429`",
    in: ({ routes, http }) =>
      routes.flatMap((route) =>
        ['limit_req', 'limit_conn'].flatMap((limit): readonly Problem[] => {
          const status = settingIn(route, `${limit}_status`);
          if (inForce(route, limit).length === 0 || status?.args[0] === '429') return [];
          return [
            problem(
              status ?? inForce(route, limit)[0] ?? http,
              `a client above ${limit} gets 503, as if the service were away, so it tries again at once: set ${limit}_status 429`,
            ),
          ];
        }),
      ),
  },
  'limit-below-services': {
    finds: 'one client gets fewer connections than the replicas of a service take requests in flight',
    in: ({ routes, routed }) => {
      const each = [...routed].map(({ replicas, limits }) => replicas * (limits?.requestsInFlight ?? 0));
      const taken = Math.max(0, ...each);
      return routes
        .flatMap((route) => inForce(route, 'limit_conn'))
        .filter(({ args }) => Number(args[1]) < taken)
        .map((limit) =>
          problem(
            limit,
            `one client address gets ${limit.args[1]} connections and the replicas of a service take ${taken} requests, so an office or a load test gets 429 ` +
              `while they idle: allow ${taken} or more`,
          ),
        );
    },
  },
};
