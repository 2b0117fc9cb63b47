import { parseArgs } from 'node:util';
import { LocalError } from './local-error.ts';
import type { Variables } from './wiring/interpolation.ts';

/** Which program stands in front of the services. */
export type GatewayKind = 'nginx' | 'haproxy' | 'embedded';

/** What the command line asks for. */
export interface CommandLine {
  readonly isHelp: boolean;
  readonly port: number;
  /** The gateway to insist on; without it nginx if there is one, embedded otherwise. */
  readonly gateway: GatewayKind | undefined;
  /** Replicas by service; 0 for none. */
  readonly scale: ReadonlyMap<string, number>;
  /** Services to run, with what they depend on. Empty for all. */
  readonly services: readonly string[];
  /** Whether a service whose code changes gets new processes. */
  readonly watch: boolean;
}

/** How people call the launcher: in the help, and in errors. */
export type Program = 'npm start' | 'parley';

/** What `--help` prints. */
export function help(program: Program): string {
  const start = program === 'npm start' ? 'npm start --' : 'parley start';
  const write = program === 'npm start' ? 'parley-local' : 'parley';
  const rows = [
    [start.replace(/ --$/, ''), 'everything, on http://localhost:8080'],
    [`${start} hello`, 'hello and what it depends on; a URL of another service leads nowhere,'],
    ['', `or where the environment says: GREETINGS_URL=https://… ${start} hello`],
    [`${start} --scale hello=4`, 'four replicas of hello (repeatable); hello=0 for none'],
    [`${start} --watch`, 'a service whose code changes is restarted, without a lost request'],
    [`${start} --port 8081`, `on another port; PORT=8081 ${start.replace(/ --$/, '')} does the same`],
    [`${start} --gateway embedded`, 'the gateway inside this program, even if there is an nginx'],
    [`${start} --gateway nginx`, 'nginx, or an error if there is none; --gateway haproxy likewise'],
    [`${start} --help`, 'this text'],
    [],
    [`${write} init shop`, 'a new repository: a service, its caller, gateway, tests and CI'],
    ['', '--packages FOLDER takes Parley from tarballs, --no-install leaves npm out'],
    [`${write} add service prices`, 'a service of a template, wired in'],
    [`${write} add operation hello wave`, 'an operation of a service'],
  ];
  const lines = rows.map(([call = '', text = '']) => `  ${call.padEnd(38)} ${text}`.trimEnd());
  return `Runs every service of docker-compose.yml here, without Docker, behind one gateway.

${lines.join('\n')}

Ctrl-C drains: the gateway first, then every service, those that others depend on last. Once more ends all at once.
`;
}

const options = {
  help: { type: 'boolean', short: 'h' },
  port: { type: 'string' },
  gateway: { type: 'string' },
  scale: { type: 'string', multiple: true },
  watch: { type: 'boolean' },
} as const;

/** Understands the arguments after `npm start --`; `PORT` of the environment is the port that `--port` overrides. */
export function parseCommandLine(args: readonly string[], variables: Variables): CommandLine {
  const { values, positionals } = argumentsOf(args);
  return {
    isHelp: values.help ?? false,
    port: portOf(values.port === undefined ? 'PORT' : '--port', values.port ?? (variables.PORT || '8080')),
    gateway: gatewayOf(values.gateway),
    scale: new Map((values.scale ?? []).map(scaleOf)),
    services: positionals,
    watch: values.watch ?? false,
  };
}

function argumentsOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // The first sentence is enough; the others explain Node's parser.
    const [sentence = ''] = (error as Error).message.split('. ');
    throw new LocalError(`${sentence.replace(/\.$/, '')}: see npm start -- --help`, 2);
  }
}

function portOf(name: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new LocalError(`${name}: expected a port from 1 to 65535, got "${text}"`, 2);
}

function gatewayOf(text: string | undefined): GatewayKind | undefined {
  if (text === undefined || text === 'nginx' || text === 'haproxy' || text === 'embedded') return text;
  throw new LocalError(`--gateway: expected nginx, haproxy or embedded, got "${text}"`, 2);
}

function scaleOf(text: string): [string, number] {
  const [, service, replicas] = /^([^=]+)=(\d{1,3})$/.exec(text) ?? [];
  if (service) return [service, Number(replicas)];
  throw new LocalError(`--scale: expected a service and a number such as hello=4, got "${text}"`, 2);
}
