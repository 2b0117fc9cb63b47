import { contractDependencies, serviceDependencies, version } from './service-files.ts';

/** Changes the text of one file so that the house knows a new service. */
export type Edit = (text: string, name: string) => string;

/** What wires a service into the house, by path from the root. */
export const edits: Readonly<Record<string, Edit>> = {
  'package.json': addWorkspace,
  'package-lock.json': addToLockfile,
  'docker-compose.yml': addToCompose,
  'docker-compose.tls.yml': addToTlsCompose,
  'nginx/upstreams.conf': (text, name) => `${text.trimEnd()}\n\n${upstream(name)}`,
  'nginx/routes.conf': (text, name) => `${text.trimEnd()}\n\n${routes(name)}`,
};

/** Where the two packages of a service are: its contract, which callers install, and the service itself. */
const workspacesOf = (name: string) => [`services/${name}/contract`, `services/${name}`] as const;

function addWorkspace(text: string, name: string): string {
  const manifest = JSON.parse(text);
  manifest.workspaces.push(...workspacesOf(name));
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

// By hand, since `npm install` would ask a registry for what is installed already.
function addToLockfile(text: string, name: string): string {
  const lockfile = JSON.parse(text);
  const { '': root, ...packages } = lockfile.packages;
  root.workspaces.push(...workspacesOf(name));
  const [contract, service] = workspacesOf(name);
  packages[`node_modules/@parley/${name}`] = { resolved: contract, link: true };
  packages[`node_modules/@parley/${name}-service`] = { resolved: service, link: true };
  packages[contract] = {
    name: `@parley/${name}`,
    version,
    license: 'MIT',
    dependencies: contractDependencies,
  };
  packages[service] = { name: `@parley/${name}-service`, license: 'MIT', dependencies: serviceDependencies(name) };
  const sorted = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ ...lockfile, packages: { '': root, ...Object.fromEntries(sorted) } }, null, 2)}\n`;
}

function addToCompose(text: string, name: string): string {
  const service = [
    `  ${name}:`,
    '    <<: *service',
    `    image: parley/${name}`,
    `    build: { context: ., args: { SERVICE: ${name} } }`,
    '    deploy: *replicated',
    '    environment: *environment',
  ].join('\n');
  const withService = replaceOnce(text, '\n  database:\n', `\n${service}\n\n  database:\n`);
  // The gateway's list is the first one; it ends with an empty line.
  const [list = ''] = /\n {4}depends_on:[^\n]*\n(?: {6}[^\n]+\n)+/.exec(withService) ?? [];
  return replaceOnce(withService, list, `${list}      ${name}: { condition: service_healthy }\n`);
}

function addToTlsCompose(text: string, name: string): string {
  return `${text.trimEnd()}

  ${name}:
    <<: *tls
    environment: *environment
    volumes: ["./certs/${name}:/run/tls:ro"]
`;
}

function replaceOnce(text: string, place: string, by: string): string {
  if (place === '' || !text.includes(place)) {
    throw new Error(
      `expected ${JSON.stringify(place)} in the file, found none: add the service by hand (CONTRIBUTING.md)`,
    );
  }
  return text.replace(place, () => by);
}

const upstream = (name: string) => `upstream ${name} {
  zone ${name} 256k;
  least_conn;
  server ${name}:3000 resolve max_fails=1 fail_timeout=1s;
  server ${name}:3000 resolve backup max_fails=0;
  keepalive 1024;
  keepalive_timeout 55s;
  keepalive_requests 10000;
}
`;

const routes = (name: string) => `location = /api/${name} { proxy_pass http://${name}; }
location /api/${name}/ { proxy_pass http://${name}; }
`;
