import { routeText, upstreamText } from '../gateways/nginx-files/nginx-text.ts';
import { tableDefaults } from '../gateways/table/gateway-table.ts';
import { routesTo } from '../gateways/table/routes.ts';
import { LocalError } from '../local-error.ts';
import { jsonOf } from '../wiring/text-file.ts';
import type { Manifest } from './repository.ts';

/** A package of a new service: its contract, which callers install, or the service itself. */
export interface NewPackage {
  /** Its folder from the root, with `/` between names. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** A service that is to be added. */
export interface NewService {
  readonly name: string;
  /** Name of the service that it looks like. */
  readonly model: string;
  /** Names of all services that are there. */
  readonly services: readonly string[];
  readonly packages: readonly [contract: NewPackage, service: NewPackage];
}

/** Changes the text of one file so that the repository knows a new service. */
export type Edit = (text: string, service: NewService) => string;

/** What wires a service into a repository, by path from the root. A file that is not there is passed over. */
export const edits: Readonly<Record<string, Edit>> = {
  'package.json': addWorkspace,
  'package-lock.json': addToLockfile,
  'docker-compose.yml': addToCompose,
  'docker-compose.tls.yml': copyOfModel,
  'docker-compose.observability.yml': copyOfModel,
  'observability/prometheus/prometheus.yml': addToList,
};

/** What leads requests to it: in a repository with a policy, from which `parley gateway` writes the rest. */
export const policyEdits: typeof edits = { 'gateway/policy.yaml': addToPolicy };

/** What leads requests to it: in a repository whose gateway is written by hand. */
export const gatewayEdits: typeof edits = {
  'nginx/upstreams.conf': (text, { name }) =>
    `${text.trimEnd()}\n\n${upstreamText({ name, port: tableDefaults.port })}`,
  'nginx/routes.conf': (text, { name }) => {
    const routes = routesTo(new Map([[name, [`/api/${name}`]]]));
    return `${text.trimEnd()}\n\n${routes.map(routeText).join('')}`;
  },
};

function addToPolicy(text: string, { name, packages: [contract] }: NewService): string {
  const list = /^services:[^\n]*\n(?:(?: [^\n]*)?\n)*/m;
  if (!list.test(text)) {
    throw new LocalError(`expected "services:" in gateway/policy.yaml, found none: add ${name} to it by hand`);
  }
  return text.replace(
    list,
    (services) => `${services.trimEnd()}\n  ${name}: { contract: "${contract.manifest.name}" }\n`,
  );
}

function addWorkspace(text: string, { packages }: NewService): string {
  const manifest = JSON.parse(text);
  if (manifest.workspaces.includes('services/*')) return text;
  manifest.workspaces.push(...packages.map(({ folder }) => folder));
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

interface Lockfile {
  readonly packages: Record<string, unknown> & { readonly '': { readonly workspaces: string[] } };
}

// By hand, since `npm install` would ask a registry for what is installed already.
function addToLockfile(text: string, service: NewService): string {
  const lockfile = jsonOf(text, 'package-lock.json', 'run "npm install"') as Lockfile;
  const { '': root, ...packages } = lockfile.packages;
  if (!root.workspaces.includes('services/*')) root.workspaces.push(...service.packages.map(({ folder }) => folder));
  for (const { folder, manifest } of service.packages) {
    const { name, version, license, dependencies, engines } = manifest;
    packages[`node_modules/${name}`] = { resolved: folder, link: true };
    packages[folder] = { name, version, license, dependencies, engines };
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ ...lockfile, packages: { '': root, ...Object.fromEntries(sorted) } }, null, 2)}\n`;
}

/** A copy of the model's own part, and a place in lists of the form `greetings: { condition: service_healthy }`. */
function addToCompose(text: string, service: NewService): string {
  const { name, model } = service;
  const last = new RegExp(`^( +)${model}: \\{ condition: service_healthy \\}\\n(?:\\1\\S.*\\n)*`, 'm');
  const copy = copyOfModel(text, service);
  return copy.replace(last, (list, indent) => `${list}${indent}${name}: { condition: service_healthy }\n`);
}

/** A line of its own in a list that has the model: `- greetings`. */
function addToList(text: string, { name, model }: NewService): string {
  return text.replace(new RegExp(`^( +- )${model}\\n(?:\\1\\S+\\n)*`, 'm'), (list, dash) => `${list}${dash}${name}\n`);
}

/** Puts a copy of the model's part, without comments, after the last service. */
function copyOfModel(text: string, { name, model, services }: NewService): string {
  const parts = services.flatMap((service) => partOf(text, service) ?? []);
  const part = partOf(text, model);
  const last = parts.reduce((one, other) => (text.indexOf(one) > text.indexOf(other) ? one : other), '');
  if (!part) throw new LocalError(`expected "  ${model}:" in the compose file, found none: add ${name} to it by hand`);
  const copy = part.replace(/^ *#.*\n/gm, '').replace(new RegExp(`\\b${model}\\b`, 'g'), name);
  return text.replace(last, () => `${last}\n${copy}`);
}

function partOf(text: string, service: string): string | undefined {
  return new RegExp(`^ {2}${service}:.*\\n(?: {3,}.*\\n)+`, 'm').exec(text)?.[0];
}
