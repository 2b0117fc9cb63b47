import { msOf } from '@parley/local';
import { inForce, ownNamed } from '../nginx-contexts.ts';
import { problem, type Rules } from '../rule.ts';
import { shownMs } from '../units.ts';

const nginxIdleMs = 60_000;

/** Which end of an idle connection closes it first: it must be the one that sends requests. */
export const keepAliveRules: Rules = {
  'gateway-idle-time': {
    finds: "the gateway keeps idle connections for as long as a service's `keepAliveTimeout`, or longer",
    in: ({ upstreams, servers, containerNamed }) =>
      upstreams.flatMap(({ directive }) => {
        const setting = ownNamed(directive, 'keepalive_timeout').at(-1);
        const idleMs = msOf(setting?.args[0] ?? '') ?? nginxIdleMs;
        const closing = servers
          .filter(({ upstream }) => upstream === directive)
          .map(({ host }) => containerNamed(host)?.limits?.keepAliveTimeoutMs ?? Number.POSITIVE_INFINITY);
        const closingMs = Math.min(...closing);
        if (idleMs < closingMs) return [];
        return problem(
          setting ?? directive,
          `the gateway keeps idle connections to ${directive.args[0]} for ${shownMs(idleMs)} and the service closes them after ${shownMs(closingMs)}, ` +
            `so a request is lost that is sent while the service closes: set keepalive_timeout below ${shownMs(closingMs)}`,
        );
      }),
  },
  'client-idle-time': {
    finds: "a caller keeps idle connections for as long as a service's `keepAliveTimeout`, or longer",
    in: ({ services, client }) =>
      services.flatMap((service) => {
        const { limits } = service;
        if (!limits || client.idleConnectionMs < limits.keepAliveTimeoutMs) return [];
        return problem(
          service.at(),
          `clients keep idle connections to ${service.name} for ${shownMs(client.idleConnectionMs)} and it closes them after ` +
            `${shownMs(limits.keepAliveTimeoutMs)}, so a request is lost that is sent meanwhile: lower idleConnectionMs`,
        );
      }),
  },
  'connections-not-kept': {
    finds: 'the gateway opens a connection for each request: no `keepalive` in an upstream, or `Connection: close`',
    in: ({ upstreams, routes }) => [
      ...upstreams
        .filter(({ directive }) => ownNamed(directive, 'keepalive').length === 0)
        .map(({ directive }) =>
          problem(
            directive,
            `the upstream ${directive.args[0]} has no "keepalive", so the workers share no idle connections and each request may open one: ` +
              'add "keepalive 64;" or more',
          ),
        ),
      ...routes
        .flatMap((route) => inForce(route, 'proxy_set_header'))
        .filter(({ args: [name = '', value = ''] }) => /^connection$/i.test(name) && /^close$/i.test(value))
        .map((header) =>
          problem(
            header,
            'the gateway sends "Connection: close", so each request opens a connection to its service: send "" instead',
          ),
        ),
    ],
  },
};
