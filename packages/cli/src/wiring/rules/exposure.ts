import { mappingOf } from '@parley/local';
import { type Container, listOrKeys, type Place } from '../deployment.ts';
import { type Problem, problem, type Rules } from '../rule.ts';

interface Published {
  readonly target: number;
  readonly isLoopback: boolean;
  readonly place: Place;
}

/** Both forms that compose takes: `127.0.0.1:8080:3000/tcp`, or a mapping. Variables are left out: their defaults count. */
function published(container: Container): readonly Published[] {
  const { ports } = container.entry;
  if (!Array.isArray(ports)) return [];
  return ports.map((written: unknown, at) => {
    const { target, host_ip: hostIp } = mappingOf(written) ?? {};
    const words = String(written)
      .replace(/\$\{\w+:?-?([^}]*)\}/g, '$1')
      .replace(/\/\w+$/, '')
      .split(':');
    const address = target === undefined ? words.slice(0, -2).join(':') : String(hostIp ?? '');
    return {
      target: Number(target ?? words.at(-1)),
      isLoopback: /^(127\.|\[?::1|localhost)/.test(address),
      place: container.at('ports', at),
    };
  });
}

const isSecretName = (name: string) => /(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY)$/.test(name);
const hasPassword = (url: string) => /^[\w+.-]+:\/\/[^/@:]*:[^/@${}]+@/.test(url);

/** Whether `${NAME:-value}` or `${NAME-value}` is part of a value. */
const hasDefault = (written: string) => /(?<!\$)\$\{\w+:?-[^}]/.test(written);

/** Rules that are about what one container says, and that its entry can accept. */
const acceptable = ['secret-default'];

/** A reason under `x-parley.accept`, beside what it is about, is for who reads the file next. */
function isAccepted({ entry }: Container, rule: string): boolean {
  const reason = mappingOf(mappingOf(entry['x-parley'])?.accept)?.[rule];
  return typeof reason === 'string' && reason.trim() !== '';
}

/** Ports, routes and secrets that are open to more than they should be. */
export const exposureRules: Rules = {
  'operators-port-published': {
    finds: "a service's operators' port is published on more than loopback",
    in: ({ services }) =>
      services.flatMap((service) =>
        published(service)
          .filter(({ target, isLoopback }) => target === service.limits?.adminPort && !isLoopback)
          .map(({ place, target }) =>
            problem(
              place,
              `the operators' port ${target} of ${service.name} is published on every address, past the host's firewall, so anybody reads its metrics: ` +
                `remove it, or publish "127.0.0.1::${target}"`,
            ),
          ),
      ),
  },
  'service-published': {
    finds: 'a service can be reached past the gateway, on more than loopback',
    in: ({ services, routed }) =>
      services.flatMap((service) =>
        published(service)
          .filter(
            ({ target, isLoopback }) => routed.has(service) && target !== service.limits?.adminPort && !isLoopback,
          )
          .map(({ place, target }) =>
            problem(
              place,
              `port ${target} of ${service.name} is published on every address, so clients pass by the gateway, its limits and its headers: remove it, or ` +
                `publish "127.0.0.1::${target}"`,
            ),
          ),
      ),
  },
  'proxies-not-trusted': {
    finds: 'a service behind the gateway has no `TRUSTED_PROXIES`',
    in: ({ routed }) =>
      [...routed]
        .filter(({ limits }) => limits?.trustedProxies.length === 0)
        .map((service) =>
          problem(
            service.at('environment', 'TRUSTED_PROXIES'),
            `${service.name} is behind the gateway and has no TRUSTED_PROXIES, so all clients count as one address in logs, limits and keys: ` +
              'set the networks of the gateway, such as 172.16.0.0/12',
          ),
        ),
  },
  'everybody-trusted': {
    finds: '`TRUSTED_PROXIES` has every address',
    in: ({ services }) =>
      services
        .filter(({ limits }) => limits?.trustedProxies.some((network) => /\/0$/.test(network)))
        .map((service) =>
          problem(
            service.at('environment', 'TRUSTED_PROXIES'),
            `${service.name} trusts every address as a proxy, so a client may claim any address of its own: name the networks of the gateway`,
          ),
        ),
  },
  'setting-wrong': {
    finds: 'a setting with which a service does not start',
    in: ({ services }) =>
      services.flatMap((service): readonly Problem[] => {
        if (service.fault === undefined) return [];
        const variable = [...service.environment.keys()].find((name) => service.fault?.includes(name)) ?? '';
        return [problem(service.at('environment', variable), `${service.name} does not start: ${service.fault}`)];
      }),
  },
  'secret-in-file': {
    finds: 'a password, token or key is written into the compose file',
    in: ({ containers }) =>
      containers.flatMap((container) =>
        [...container.written]
          .filter(([name, value]) => value !== '' && !value.includes('$') && (isSecretName(name) || hasPassword(value)))
          .map(([name]) =>
            problem(
              container.at('environment', name),
              `${name} of ${container.name} is written into the compose file, so everybody who reads the repository knows it: take it from the ` +
                `environment, as \${${name}:?}`,
            ),
          ),
      ),
  },
  'secret-default': {
    finds:
      'a password, token or key has a default in the compose file; `x-parley: { accept: { secret-default: why } }` says why it may',
    in: ({ containers }) =>
      containers
        .filter((container) => !isAccepted(container, 'secret-default'))
        .flatMap((container) =>
          [...container.defaults]
            .filter(([name, value]) => value !== '' && hasDefault(container.written.get(name) ?? ''))
            .filter(([name, value]) => isSecretName(name) || hasPassword(value))
            .map(([name]) =>
              problem(
                container.at('environment', name),
                `${name} of ${container.name} has a default in the compose file, so where nobody sets it the secret is one that everybody who reads the ` +
                  `repository knows: ask for it, as \${${name}:?}`,
              ),
            ),
        ),
  },
  'accept-unknown': {
    finds: '`x-parley.accept` names a rule that it cannot accept: only `secret-default` can be accepted',
    in: ({ containers }) =>
      containers.flatMap((container) =>
        listOrKeys(mappingOf(container.entry['x-parley'])?.accept)
          .filter((rule) => !acceptable.includes(rule))
          .map((rule) =>
            problem(
              container.at('x-parley', 'accept', rule),
              `x-parley.accept of ${container.name} has ${rule}, which it cannot accept, so such a mistake is one all the same: remove it, and put the mistake right`,
            ),
          ),
      ),
  },
};
