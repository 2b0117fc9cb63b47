import { messageOf } from '@parley/contract';
import { type ComposeFile, type Mapping, mappingOf, type NginxDirective, type WiringFiles } from '@parley/local';
import { type ServiceLimits, serviceLimits } from '@parley/service/admin';
import { contextsNamed, type NginxContext, ownNamed, settingIn } from './nginx-contexts.ts';

/** Where something stands. */
export interface Place {
  /** From the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** One service of the compose file, ours or not. */
export interface Container {
  readonly name: string;
  /** Its names on the network: its own, `hostname`, `container_name` and aliases. */
  readonly names: readonly string[];
  readonly entry: Mapping;
  /** Whether the compose file builds it. */
  readonly isOurs: boolean;
  readonly image: string | undefined;
  readonly replicas: number;
  /** Variables put in, and those of `env_file`. A name without a value is the environment's own, and left out. */
  readonly environment: ReadonlyMap<string, string>;
  /** As written, before variables are put in. */
  readonly written: ReadonlyMap<string, string>;
  /** As it is where no variable is set. */
  readonly defaults: ReadonlyMap<string, string>;
  /** What it listens on and bears. Undefined where it is not ours, its environment is wrong, or a file of it is not in the repository. */
  readonly limits: ServiceLimits | undefined;
  /** Why its environment is wrong. */
  readonly fault: string | undefined;
  readonly networks: readonly string[];
  readonly dockerfile: string | undefined;
  /** Where a member of its entry stands; the entry itself where it has no such member. */
  at(...path: readonly (string | number)[]): Place;
}

/** A location that passes requests on. */
export interface Route extends NginxContext {
  readonly proxyPass: NginxDirective;
  /** `hello` of `http://hello:3000/`; has a `$` where it is a variable. */
  readonly host: string;
  readonly port: number | undefined;
}

/** A server of an upstream. */
export interface UpstreamServer {
  readonly upstream: NginxDirective;
  readonly directive: NginxDirective;
  readonly host: string;
  readonly port: number | undefined;
}

/** What the rules need of the client's options; their defaults, as options in code are not known here. */
export interface ClientLimits {
  readonly idleConnectionMs: number;
  readonly attemptTimeoutMs: number;
  readonly maxAttempts: number;
}

/** What the files of a repository deploy: its containers, its gateway and their routes. All that the rules look at. */
export interface Deployment {
  readonly containers: readonly Container[];
  readonly services: readonly Container[];
  readonly gateway: Container | undefined;
  readonly client: ClientLimits;
  readonly nginx: readonly NginxDirective[];
  /** Where a directive belongs that is not there. */
  readonly http: Place;
  /** Files that `parley gateway` writes and somebody has changed since. */
  readonly edited: readonly Place[];
  /** Whether `parley gateway` wrote the file of a setting: its policy decides then, and the service's option beside it is in code, which is not read. */
  isOfPolicy(setting: Place | undefined): boolean;
  /** Whether the repository has no nginx configuration that can be read, so that its routes are not known. */
  readonly isBuiltIn: boolean;
  readonly upstreams: readonly NginxContext[];
  readonly servers: readonly UpstreamServer[];
  readonly routes: readonly Route[];
  /** Services of ours that a route leads to. */
  readonly routed: ReadonlySet<Container>;
  containerNamed(host: string): Container | undefined;
  /** Whether a name is surely none: no container has it, and no other file, link or entry of `extra_hosts` can have it. */
  isUnknown(host: string): boolean;
  /** Whether services of other files, which are not read, belong to it. */
  readonly hasIncludes: boolean;
}

/** Puts together what a repository's files say. */
export function deploymentOf(files: WiringFiles, client: ClientLimits): Deployment {
  const { compose, isBuiltIn } = files;
  const containers = Object.entries(compose.services).map(([name, entry]) =>
    containerOf(name, mappingOf(entry) ?? {}, files),
  );
  const gateway = containers.find(({ image }) => image !== undefined && isNginx(image));
  // A gateway whose configuration is not in the repository has another one than that of `parley start`: nothing is known of it.
  const nginx = isBuiltIn && gateway ? [] : files.nginx;
  const upstreams = contextsNamed('upstream', nginx);
  const servers = upstreams.flatMap(({ directive }) =>
    ownNamed(directive, 'server').map((server) => ({
      upstream: directive,
      directive: server,
      ...addressOf(server.args[0] ?? ''),
    })),
  );
  const routes = contextsNamed('location', nginx).flatMap((context): readonly Route[] => {
    const proxyPass = settingIn({ ...context, chain: [context.directive] }, 'proxy_pass');
    if (!proxyPass) return [];
    return [{ ...context, proxyPass, ...addressOf(proxyPass.args[0]?.replace(/^\w+:\/\//, '') ?? '') }];
  });
  const containerNamed = (host: string) => containers.find(({ names }) => names.includes(host));
  const outside = new Set(containers.flatMap(({ entry }) => outsideNames(entry)));
  const mayBeOutside = compose.hasIncludes || compose.hasExternalNetwork;
  const isUnknown = (host: string) => !mayBeOutside && !outside.has(host) && !containerNamed(host);
  const targets = routes.flatMap(({ host }) => {
    const behind = servers.filter(({ upstream }) => upstream.args[0] === host).map((server) => server.host);
    return behind.length > 0 ? behind : [host];
  });
  const services = containers.filter(({ isOurs }) => isOurs);
  const [http] = contextsNamed('http', nginx);
  return {
    ...{ containers, services, client, nginx, isBuiltIn, upstreams, servers, routes, containerNamed, isUnknown },
    hasIncludes: compose.hasIncludes,
    edited: files.edited,
    isOfPolicy: (setting) => setting !== undefined && files.generated.has(setting.file),
    gateway,
    http: http?.directive ?? { file: 'nginx/nginx.conf', line: 1 },
    routed: new Set(targets.map(containerNamed).filter((one) => one?.isOurs) as Container[]),
  };
}

const isNginx = (image: string) => /^([^/]+\/)*nginx(-unprivileged)?(:|@|$)/.test(image);

function addressOf(text: string): { readonly host: string; readonly port: number | undefined } {
  const [, host = text, port] = /^(\[[^\]]*\]|[^:/]+)(?::(\d+))?/.exec(text) ?? [];
  return { host, port: port === undefined ? undefined : Number(port) };
}

function containerOf(name: string, entry: Mapping, files: WiringFiles): Container {
  const { compose, interpolated, withDefaults, textOf, envFilesOf } = files;
  const written = pairsOf(entry.environment);
  const defaults = new Map([...written].map(([key, value]) => [key, withDefaults(value)] as const));
  const ofFiles = envFilesOf(entry);
  const environment = new Map([
    ...pairsOf(ofFiles),
    ...[...written].map(([key, value]) => [key, interpolated(value)] as const),
  ]);
  const dockerfile = entry.build === undefined ? undefined : textOf(dockerfilePath(entry.build, interpolated));
  const base = [...(dockerfile?.matchAll(/^\s*FROM\s+(\S+)/gim) ?? [])].at(-1)?.[1] ?? '';
  // An nginx with configuration of its own in its image.
  const isGateway = isNginx(base);
  const isOurs = entry.build !== undefined && !isGateway;
  const named = typeof entry.image === 'string' ? interpolated(entry.image) : undefined;
  const image = isGateway ? base : named;
  return {
    ...{ name, entry, isOurs, image, environment, written, defaults },
    names: namesOf(name, entry),
    replicas: Number(interpolated(String(mappingOf(entry.deploy)?.replicas ?? entry.scale ?? 1))),
    ...(isOurs && ofFiles ? settingsOf(environment) : { limits: undefined, fault: undefined }),
    networks: entry.networks === undefined ? ['default'] : listOrKeys(entry.networks),
    dockerfile,
    at: (...path) => placeOf(compose, name, path),
  };
}

function placeOf(compose: ComposeFile, name: string, path: readonly (string | number)[]): Place {
  return { file: compose.fileName, line: compose.lineOf(['services', name, ...path]) };
}

function settingsOf(environment: ReadonlyMap<string, string>): Pick<Container, 'limits' | 'fault'> {
  try {
    return { limits: serviceLimits(Object.fromEntries(environment)), fault: undefined };
  } catch (error) {
    return { limits: undefined, fault: messageOf(error) };
  }
}

function namesOf(name: string, entry: Mapping): readonly string[] {
  const own = [entry.hostname, entry.container_name].filter((one) => typeof one === 'string');
  const aliases = Object.values(mappingOf(entry.networks) ?? {}).flatMap((one) => mappingOf(one)?.aliases ?? []);
  return [name, ...own, ...aliases.map(String)];
}

/** Names of hosts that a service is given itself: `extra_hosts`, `links` and `external_links`. */
function outsideNames({ extra_hosts, links, external_links }: Mapping): readonly string[] {
  const hosts = listOrKeys(extra_hosts).flatMap((line) => line.split(/[:=]/)[0] ?? []);
  const linked = [...listOrKeys(links), ...listOrKeys(external_links)].flatMap((line) => line.split(':').at(-1) ?? []);
  return [...hosts, ...linked];
}

function dockerfilePath(build: unknown, interpolated: (written: string) => string): string {
  const { context = '.', dockerfile = 'Dockerfile' } = mappingOf(build) ?? { context: build };
  const folder = interpolated(String(context)).replace(/\/+$/, '');
  return `${folder}/${interpolated(String(dockerfile))}`;
}

/** Both forms that compose takes: a mapping, or a list of `NAME=value`. */
function pairsOf(written: unknown): ReadonlyMap<string, string> {
  const pairs = Array.isArray(written)
    ? written.map((line) => /^([^=]*)=(.*)$/s.exec(String(line))?.slice(1) ?? [])
    : Object.entries(mappingOf(written) ?? {});
  return new Map(
    pairs.flatMap(([key, value]) =>
      key === undefined || value === undefined || value === null ? [] : [[String(key), String(value)] as const],
    ),
  );
}

/** Both forms that compose takes: a list of names, or a mapping by name. */
export function listOrKeys(written: unknown): readonly string[] {
  return Array.isArray(written) ? written.map(String) : Object.keys(mappingOf(written) ?? {});
}
