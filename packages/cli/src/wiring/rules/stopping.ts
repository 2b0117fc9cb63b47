import { mappingOf, msOf } from '@parley/local';
import { type Container, type Deployment, listOrKeys } from '../deployment.ts';
import { settingIn } from '../nginx-contexts.ts';
import { type Problem, problem, type Rules } from '../rule.ts';
import { shownMs } from '../units.ts';

const composeGraceMs = 10_000;
const graceMsOf = ({ entry }: Container) => msOf(String(entry.stop_grace_period ?? '')) ?? composeGraceMs;

/** A health check of the compose file, or of the image that is built. */
function hasHealthCheck({ entry, dockerfile }: Container): boolean {
  const check = mappingOf(entry.healthcheck);
  if (check) return check.disable !== true;
  return /^\s*HEALTHCHECK\s+(?!NONE)/im.test(dockerfile ?? '');
}

const dependencies = (container: Container) =>
  listOrKeys(container.entry.depends_on).map((name, at) => ({
    name,
    condition: mappingOf(mappingOf(container.entry.depends_on)?.[name])?.condition,
    place: container.at('depends_on', Array.isArray(container.entry.depends_on) ? at : name),
  }));

const longestReadMs = (routes: Deployment['routes']) =>
  Math.max(0, ...routes.flatMap((route) => msOf(settingIn(route, 'proxy_read_timeout')?.args[0] ?? '') ?? []));

/** Starting, stopping and starting again. */
export const stoppingRules: Rules = {
  'grace-period': {
    finds:
      'a service is killed while it drains: `stop_grace_period` is not above `DRAIN_DELAY_MS` + `DRAIN_TIMEOUT_MS`',
    in: ({ services }) =>
      services.flatMap((service): readonly Problem[] => {
        const { drainDelayMs = 0, drainTimeoutMs = 0 } = service.limits ?? {};
        const [graceMs, drainMs] = [graceMsOf(service), drainDelayMs + drainTimeoutMs];
        if (graceMs > drainMs) return [];
        return [
          problem(
            service.at('stop_grace_period'),
            `${service.name} is killed ${shownMs(graceMs)} after it was asked to stop and drains for up to ${shownMs(drainMs)}, so requests in flight are lost: ` +
              `set stop_grace_period above ${shownMs(drainMs)}`,
          ),
        ];
      }),
  },
  'gateway-grace-period': {
    finds: 'the gateway is killed while it still waits for replies',
    in: ({ gateway, routes }) => {
      const readMs = longestReadMs(routes);
      if (!gateway || graceMsOf(gateway) >= readMs) return [];
      return [
        problem(
          gateway.at('stop_grace_period'),
          `the gateway is killed ${shownMs(graceMsOf(gateway))} after it was asked to stop and waits for a reply for up to ${shownMs(readMs)}, so requests in ` +
            `flight are lost: set stop_grace_period to ${shownMs(readMs)} or more`,
        ),
      ];
    },
  },
  'gateway-shutdown-timeout': {
    finds:
      'a reload of nginx ends requests in flight: `worker_shutdown_timeout` is below the longest `proxy_read_timeout`',
    in: ({ nginx, routes }) => {
      const readMs = longestReadMs(routes);
      return nginx
        .filter(({ name, args }) => name === 'worker_shutdown_timeout' && (msOf(args[0] ?? '') ?? readMs) < readMs)
        .map((directive) =>
          problem(
            directive,
            `nginx ends requests ${directive.args[0]} after it was reloaded and waits for a reply for up to ${shownMs(readMs)}, so requests in flight are ` +
              `lost: set worker_shutdown_timeout to ${shownMs(readMs)} or more`,
          ),
        );
    },
  },
  'drain-timeout': {
    finds: 'a service drains for less time than one request may take',
    in: ({ services }) =>
      services.flatMap((service): readonly Problem[] => {
        const { limits } = service;
        if (!limits || limits.drainTimeoutMs >= limits.requestTimeoutMs) return [];
        return [
          problem(
            service.at('environment', 'DRAIN_TIMEOUT_MS'),
            `${service.name} drains for ${shownMs(limits.drainTimeoutMs)} and a request may take ${shownMs(limits.requestTimeoutMs)}, so a slow request is cut ` +
              `off at each rollout: set DRAIN_TIMEOUT_MS to ${limits.requestTimeoutMs} or more`,
          ),
        ];
      }),
  },
  'not-restarted': {
    finds: 'a container that ends is not started again',
    in: ({ services, gateway }) =>
      [...services, ...(gateway ? [gateway] : [])]
        .filter(
          ({ entry }) => /^(no|undefined)$/.test(String(entry.restart)) && !mappingOf(entry.deploy)?.restart_policy,
        )
        .map((container) =>
          problem(
            container.at('restart'),
            `${container.name} has no restart policy, so a crash takes one replica away for good: set "restart: unless-stopped"`,
          ),
        ),
  },
  'dependency-without-healthcheck': {
    finds: '`depends_on` waits for the health of a container that has no health check',
    in: ({ containers, containerNamed }) =>
      containers.flatMap((container) =>
        dependencies(container).flatMap(({ name, condition, place }): readonly Problem[] => {
          const other = containerNamed(name);
          if (condition !== 'service_healthy' || !other || hasHealthCheck(other)) return [];
          return [
            problem(
              place,
              `${container.name} waits until ${name} is healthy and ${name} has no health check, so Docker refuses to start: add a healthcheck to ${name}`,
            ),
          ];
        }),
      ),
  },
  'dependency-not-awaited': {
    finds: '`depends_on` starts a service before what it needs, such as a database, is healthy',
    in: ({ services, containerNamed }) =>
      services.flatMap((service) =>
        dependencies(service).flatMap(({ name, condition, place }): readonly Problem[] => {
          const other = containerNamed(name);
          if (
            condition === 'service_healthy' ||
            condition === 'service_completed_successfully' ||
            !other ||
            other.isOurs
          )
            return [];
          return [
            problem(
              place,
              `${service.name} starts before ${name} is healthy, so its first requests may fail: use "${name}: { condition: service_healthy }"`,
            ),
          ];
        }),
      ),
  },
  'dependency-unknown': {
    finds: '`depends_on` names a service that the compose file does not have',
    in: ({ containers, containerNamed, hasIncludes }) =>
      containers.flatMap((container) =>
        dependencies(container)
          .filter(({ name }) => !hasIncludes && !containerNamed(name))
          .map(({ name, place }) =>
            problem(
              place,
              `${container.name} depends on ${name}, which is not in this file, so Docker starts nothing: name one that is`,
            ),
          ),
      ),
  },
};
