import { inForce, settingIn } from '../nginx-contexts.ts';
import { type Problem, problem, type Rules } from '../rule.ts';

/** Limits per client. */
export const limitRules: Rules = {
  'requests-unlimited': {
    finds: 'a route without `limit_req`: one client can take all that the services have',
    in: ({ routes, http }) =>
      routes
        .filter((route) => inForce(route, 'limit_req').length === 0)
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
