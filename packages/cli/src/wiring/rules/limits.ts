import type { NginxDirective } from '@parley/local';
import { allDirectives, inForce, settingIn } from '../nginx-contexts.ts';
import { type Problem, problem, type Rules } from '../rule.ts';

/** Names of the zones that count some requests only: their key is empty by default, such as that of one operation. */
function zonesOfSome(nginx: readonly NginxDirective[]): ReadonlySet<string> {
  const all = allDirectives(nginx);
  const partial = all
    .filter(({ name }) => name === 'map')
    .filter(({ block = [] }) => (block.find(({ name }) => name === 'default')?.args[0] ?? '') === '')
    .map(({ args }) => args[1]);
  const zones = all.filter(({ name, args }) => name === 'limit_req_zone' && partial.includes(args[0]));
  return new Set(zones.map(zoneOf));
}

/** `clients` of `zone=clients:10m`. */
function zoneOf({ args }: NginxDirective): string {
  return /^zone=([^:]*)/.exec(args.find((word) => word.startsWith('zone=')) ?? '')?.[1] ?? '';
}

/** Limits per client. */
export const limitRules: Rules = {
  'requests-unlimited': {
    finds: 'a route without `limit_req`: one client can take all that the services have',
    in: ({ routes, http, nginx }) => {
      const partial = zonesOfSome(nginx);
      return routes
        .filter((route) => inForce(route, 'limit_req').every((limit) => partial.has(zoneOf(limit))))
        .map(() =>
          problem(
            http,
            'the gateway has no limit_req, so one client can take all that the services have: add one per $binary_remote_addr',
          ),
        );
    },
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
