import { mappingOf } from '@parley/local';
import type { Container } from '../deployment.ts';
import { problem, type Rules } from '../rule.ts';
import { calledUrls, isMissing } from './discovery.ts';

/** A service of a profile, such as a job, does not run with the others. */
function isMeantToHaveNone({ entry }: Container): boolean {
  if (Array.isArray(entry.profiles) && entry.profiles.length > 0) return true;
  const routes = mappingOf(entry['x-parley'])?.routes;
  return Array.isArray(routes) && routes.length === 0;
}

/** What leads where. */
export const routeRules: Rules = {
  'route-unknown': {
    finds: 'a route leads to an upstream that is not there',
    in: (deployment) =>
      deployment.routes
        .filter(({ host }) => isMissing(deployment, host))
        .map(({ host, directive, proxyPass }) =>
          problem(
            proxyPass,
            `${directive.args.at(-1)} leads to ${host}, which is neither an upstream nor a service, so nginx does not start or answers 502: name one that is there`,
          ),
        ),
  },
  'generated-edited': {
    finds: 'a file that `parley gateway` writes has been changed by hand, or is of another version',
    in: ({ edited }) =>
      edited.map((place) =>
        problem(
          place,
          `${place.file} is not what gateway/table.json says, so the next "parley gateway" undoes the change: make it in gateway/policy.yaml or in nginx/local/`,
        ),
      ),
  },
  'service-without-route': {
    finds: 'no route leads to a service, and no `…_URL` names it; `x-parley: { routes: [] }` says that none should',
    in: (deployment) => {
      const called = new Set(calledUrls(deployment).map(({ host }) => deployment.containerNamed(host)));
      if (deployment.isBuiltIn || deployment.routes.length === 0) return [];
      return deployment.services
        .filter((service) => !deployment.routed.has(service) && !called.has(service) && !isMeantToHaveNone(service))
        .map((service) =>
          problem(
            service.at(),
            `no route leads to ${service.name} and no other service calls it, so nobody can reach it: add a location to the gateway's routes, or "x-parley: { routes: [] }" where it takes no requests`,
          ),
        );
    },
  },
  'single-replica': {
    finds: 'a routed service has one replica',
    isRemark: true,
    in: ({ routed }) =>
      [...routed]
        .filter(({ replicas }) => replicas === 1)
        .map((service) =>
          problem(
            service.at('deploy', 'replicas'),
            `${service.name} has one replica, so a crash is an outage until it is started again: set deploy.replicas to 2`,
          ),
        ),
  },
};
