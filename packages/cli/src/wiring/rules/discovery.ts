import { msOf, type NginxDirective } from '@parley/local';
import type { Container, Deployment } from '../deployment.ts';
import { allDirectives, ownNamed } from '../nginx-contexts.ts';
import { type Problem, problem, type Rules } from '../rule.ts';
import { shownMs } from '../units.ts';

/** A name of the container network: no address, no name of the internet. */
const isLocalName = (host: string) => /^[a-z0-9_-]+$/i.test(host) && !/^\d+$/.test(host) && host !== 'localhost';
const isPrivate = (address: string) => /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[)|^[a-z]/i.test(address);
/** nginx asks again up to one second after an answer has lost its validity. */
const askDelayMs = 1_000;

const drainDelayMs = ({ services }: Deployment) =>
  Math.min(...services.flatMap(({ limits }) => limits?.drainDelayMs ?? []));
const followed = ({ servers }: Deployment) => servers.filter(({ directive }) => directive.args.includes('resolve'));
const resolvers = ({ nginx }: Deployment) => allDirectives(nginx).filter(({ name }) => name === 'resolver');

interface CalledUrl {
  readonly container: Container;
  readonly variable: string;
  readonly host: string;
  readonly port: number | undefined;
}

/** Addresses of other containers in variables such as `HELLO_URL`. */
export function calledUrls({ containers }: Deployment): readonly CalledUrl[] {
  return containers.flatMap((container) =>
    [...container.environment]
      .filter(([variable]) => variable.endsWith('_URL'))
      .flatMap(([variable, value]) =>
        value.split(',').flatMap((url) => {
          const [, host, port] = /^\s*[\w+.-]+:\/\/(?:[^@/]*@)?([^/:?#\s]+)(?::(\d+))?/.exec(url) ?? [];
          if (!host || !isLocalName(host)) return [];
          return [{ container, variable, host, port: port === undefined ? undefined : Number(port) }];
        }),
      ),
  );
}

/** How names are followed while replicas come and go. */
export const resolverRules: Rules = {
  'resolver-missing': {
    finds: '`resolve` without a `resolver`',
    in: (deployment) =>
      resolvers(deployment).length > 0
        ? []
        : followed(deployment).map(({ directive }) =>
            problem(
              directive,
              'nginx has no "resolver", so it does not start with "resolve": add "resolver 127.0.0.11 valid=1s;"',
            ),
          ),
  },
  'resolver-validity': {
    finds: 'nginx uses addresses for longer than a replica that stops still serves (`DRAIN_DELAY_MS`)',
    in: (deployment) =>
      followed(deployment).length === 0
        ? []
        : resolvers(deployment).flatMap((resolver): readonly Problem[] => {
            const written = resolver.args.find((word) => word.startsWith('valid='))?.slice('valid='.length);
            const usedMs = written === undefined ? undefined : (msOf(written) ?? 0) + askDelayMs;
            const delayMs = drainDelayMs(deployment);
            if (usedMs !== undefined && usedMs <= delayMs) return [];
            const used =
              usedMs === undefined ? 'for as long as DNS says (Docker: 600 s)' : `for up to ${shownMs(usedMs)}`;
            return [
              problem(
                resolver,
                `nginx uses an address ${used} and a service that stops serves for ${shownMs(delayMs)} more, so requests go to replicas that are gone: ` +
                  'set valid=1s, or a longer DRAIN_DELAY_MS',
              ),
            ];
          }),
  },
  'resolver-public': {
    finds: 'nginx asks a public DNS server for names of containers',
    in: (deployment) =>
      resolvers(deployment).flatMap((resolver) =>
        resolver.args
          .filter((word) => !word.includes('=') && !isPrivate(word))
          .map((word) =>
            problem(
              resolver,
              `nginx asks ${word} for its upstreams, which does not know them, and an answer from outside can lead requests anywhere: use 127.0.0.11`,
            ),
          ),
      ),
  },
  'server-without-resolve': {
    finds: 'the server of an upstream is a name that is looked up once, at the start of nginx',
    in: (deployment) => {
      const { servers, routes, upstreams, containerNamed } = deployment;
      const isUpstream = (host: string) => upstreams.some(({ directive }) => directive.args[0] === host);
      const direct = routes
        .filter(({ host }) => !isUpstream(host))
        .map(({ host, proxyPass }) => ({ host, directive: proxyPass }));
      return [...servers, ...direct]
        .filter(({ host, directive }) => containerNamed(host) && !directive.args.includes('resolve'))
        .map(({ host, directive }) =>
          problem(
            directive,
            `nginx looks ${host} up once at its start, so it never learns of new replicas and keeps those that are gone: ` +
              'use an upstream with "server NAME:PORT resolve;"',
          ),
        );
    },
  },
  'upstream-without-zone': {
    finds: 'an upstream with `resolve` has no `zone`',
    in: (deployment) =>
      deployment.upstreams
        .filter(({ directive }) => ownNamed(directive, 'zone').length === 0)
        .filter(({ directive }) => followed(deployment).some(({ upstream }) => upstream === directive))
        .map(({ directive }) =>
          problem(
            directive,
            `the upstream ${directive.args[0]} has "resolve" and no "zone", so nginx does not start: add "zone ${directive.args[0]} 256k;"`,
          ),
        ),
  },
};

const portText = (port: number | undefined) => (port === undefined ? 'the default port' : `port ${port}`);

function wrongPort(container: Container | undefined, port: number | undefined): boolean {
  const { limits } = container ?? {};
  return limits !== undefined && port !== limits.port && port !== limits.adminPort;
}

/** Whether what is named is there. */
export const addressRules: Rules = {
  'server-unknown': {
    finds: 'an upstream names a service that the compose file does not have',
    in: ({ servers, isUnknown }) =>
      servers
        .filter(({ host }) => isLocalName(host) && !host.startsWith('unix') && isUnknown(host))
        .map(({ host, upstream, directive }) =>
          problem(
            directive,
            `the upstream ${upstream.args[0]} leads to ${host}, which the compose file does not have, so its requests get 503: name a service`,
          ),
        ),
  },
  'server-port': {
    finds: 'an upstream names a port on which its service does not listen',
    in: ({ servers, containerNamed }) =>
      servers.flatMap(({ host, port, directive }): readonly Problem[] => {
        const container = containerNamed(host);
        if (!wrongPort(container, port ?? 80)) return [];
        return [
          problem(
            directive,
            `the gateway leads to ${portText(port)} of ${host}, which listens on ${container?.limits?.port}, so every request gets 503: use ${container?.limits?.port}`,
          ),
        ];
      }),
  },
  'operators-port-routed': {
    finds: "the gateway leads to a service's operators' port",
    in: ({ servers, routes, containerNamed }) => {
      const targets: readonly { host: string; port: number | undefined; directive: NginxDirective }[] = [
        ...servers,
        ...routes.map((route) => ({ ...route, directive: route.proxyPass })),
      ];
      return targets
        .filter(({ host, port }) => port !== undefined && port === containerNamed(host)?.limits?.adminPort)
        .map(({ host, port, directive }) =>
          problem(
            directive,
            `the gateway leads to port ${port} of ${host}, which is for operators, so clients read metrics and may act as operators: use ${containerNamed(host)?.limits?.port}`,
          ),
        );
    },
  },
  'url-unknown': {
    finds: 'a `…_URL` names a service that the compose file does not have',
    in: (deployment) =>
      calledUrls(deployment)
        .filter(({ host }) => deployment.isUnknown(host))
        .map(({ container, variable, host }) =>
          problem(
            container.at('environment', variable),
            `${variable} of ${container.name} names ${host}, which the compose file does not have, so each of its calls fails: name a service`,
          ),
        ),
  },
  'url-port': {
    finds: 'a `…_URL` names a port on which its service does not listen',
    in: (deployment) =>
      calledUrls(deployment).flatMap(({ container, variable, host, port }): readonly Problem[] => {
        const limits = deployment.containerNamed(host)?.limits;
        if (!limits || port === undefined || port === limits.port) return [];
        return [
          problem(
            container.at('environment', variable),
            `${variable} of ${container.name} names port ${port} of ${host}, which listens on ${limits.port}, so each of its calls fails: use ${limits.port}`,
          ),
        ];
      }),
  },
  'url-out-of-reach': {
    finds: 'a `…_URL` names a service with which the caller shares no network',
    in: (deployment) =>
      calledUrls(deployment).flatMap(({ container, variable, host }): readonly Problem[] => {
        const other = deployment.containerNamed(host);
        if (!other || other.networks.some((network) => container.networks.includes(network))) return [];
        return [
          problem(
            container.at('environment', variable),
            `${container.name} and ${host} share no network, so the calls of ${variable} find no address: put both on one network`,
          ),
        ];
      }),
  },
};

/** For the rules of routes: whether a target is a name that must be there. */
export function isMissing(deployment: Deployment, host: string): boolean {
  return (
    isLocalName(host) &&
    !deployment.upstreams.some(({ directive }) => directive.args[0] === host) &&
    deployment.isUnknown(host)
  );
}
