import { LocalError } from '../../local-error.ts';
import { mappingOf } from '../../wiring/mapping.ts';
import { readYaml } from '../../wiring/yaml-text.ts';
import { type ClientLimits, defaultClientLimits } from '../table/client-limits.ts';
import { tableDefaults } from '../table/gateway-table.ts';

/** Where a repository has its policy. */
export const policyFile = 'gateway/policy.yaml';

/** What a policy says of one operation, above what its contract says. */
export interface OperationPolicy {
  readonly requestsPerSecond?: number;
  readonly burst?: number;
  readonly bodyBytes?: number;
  readonly timeoutMs?: number;
  readonly cache?: true | { readonly maxStaleSeconds: number };
}

/** What a policy says of one service. */
export interface ServicePolicy {
  readonly name: string;
  /** A file of the repository (`./services/hello/contract.ts`), or the name of a package. None: a service of paths alone. */
  readonly contract: string | undefined;
  /** `any`: the gateway refuses no method at the paths of its operations. */
  readonly methods: 'any' | undefined;
  readonly port: number;
  readonly prefixes: readonly string[];
  readonly operations: ReadonlyMap<string, OperationPolicy>;
}

/** What a person decides of the gateway; the contracts know the rest. */
export interface Policy {
  readonly clients: ClientLimits;
  readonly headerBytes: number;
  readonly bodyBytes: number;
  readonly requestTimeoutMs: number;
  readonly services: readonly ServicePolicy[];
  /** An error about the member at this path, with its file and line. */
  fault(path: readonly (string | number)[], sentence: string): LocalError;
}

/** A key of a policy: what it takes, and what holds without it. */
export interface PolicyKey {
  /** In words, for errors and the documentation. */
  readonly takes: string;
  /** In words. */
  readonly standard: string;
  readonly accepts: (value: unknown) => boolean;
}

const whole = (most: number, standard: string, least = 1): PolicyKey => ({
  takes: `a whole number from ${least} to ${most}`,
  standard,
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
});
const isBound = (value: unknown) => {
  const { maxStaleSeconds, ...others } = mappingOf(value) ?? {};
  return Number.isSafeInteger(maxStaleSeconds) && Number(maxStaleSeconds) >= 1 && Object.keys(others).length === 0;
};
const isPrefix = (value: unknown) => typeof value === 'string' && /^\/(?:(?!\.{1,2}\/)[\w\-.~]+\/)*$/.test(value);
const { requestsPerSecond, burst, connections } = defaultClientLimits;

/** Every key of a policy by its path from the top; `NAME` is the name of a service or an operation. */
export const policyKeys: Readonly<Record<string, PolicyKey>> = {
  'clients.requestsPerSecond': whole(1_000_000, String(requestsPerSecond)),
  'clients.burst': whole(1_000_000, String(burst)),
  // The most that nginx takes.
  'clients.connections': whole(65_535, String(connections)),
  // HAProxy has two buffers of this size for each connection.
  headerBytes: whole(64 * 1024, `${tableDefaults.headerBytes}`, 4 * 1024),
  bodyBytes: whole(1024 ** 3, `${tableDefaults.bodyBytes}`),
  requestTimeoutMs: whole(3_600_000, '10000'),
  'services.NAME.contract': {
    takes: 'a file of the repository that begins with ./, or the name of a package',
    standard: 'none: a service of `prefixes` alone',
    accepts: (value) => typeof value === 'string' && /^(?:\.\/|@?[a-z0-9])[^\0]*$/i.test(value),
  },
  'services.NAME.methods': {
    takes: '`any`: all methods, for a service that mounts an application',
    standard: 'the methods of the operations of each path',
    accepts: (value) => value === 'any',
  },
  'services.NAME.port': whole(65_535, String(tableDefaults.port)),
  'services.NAME.prefixes': {
    takes: 'a list of beginnings of paths, each with a slash at both ends; letters, digits and - . _ ~',
    standard: 'none',
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isPrefix),
  },
  'services.NAME.operations.NAME.requestsPerSecond': whole(1_000_000, 'no limit beside `clients`'),
  'services.NAME.operations.NAME.burst': whole(1_000_000, 'as many as `requestsPerSecond`'),
  'services.NAME.operations.NAME.bodyBytes': whole(
    1024 ** 3,
    'the limit of its contract, or the top `bodyBytes` where that is larger; a form without a limit has the top `bodyBytes` and what its files may have together',
  ),
  'services.NAME.operations.NAME.timeoutMs': whole(3_600_000, 'the top `requestTimeoutMs`'),
  'services.NAME.operations.NAME.cache': {
    takes: '`true`, or `{ maxStaleSeconds: N }` where the service has writes',
    standard: 'the gateway keeps no reply of it; [what it may keep](caching.md#the-gateways-cache)',
    accepts: (value) => value === true || isBound(value),
  },
};

const serviceName = /^[a-z][a-z0-9-]*$/;
/** What the name of an operation may be: configurations have it as it is. */
export const operationName = /^[A-Za-z]\w*$/;

/**
 * Reads a policy.
 *
 * @param fileName for errors
 * @throws LocalError with file and line where it has a key that is none, or a value that its key does not take
 */
export function parsePolicy(text: string, fileName: string): Policy {
  const { content, lineOf } = readYaml(text, fileName);
  const fault: Policy['fault'] = (path, sentence) => new LocalError(`${fileName}:${lineOf(path)}: ${sentence}`);
  checkMembers(content, [], fault);
  if (Object.keys((content as WrittenPolicy).services).length === 0)
    throw fault(['services'], 'expected a service below services:, found none: nothing would answer');
  const { clients = {}, services, ...top } = content as WrittenPolicy;
  const ofService = ([name, written]: [string, Partial<WrittenService>]): ServicePolicy => ({
    name,
    contract: written.contract,
    methods: written.methods,
    port: written.port ?? tableDefaults.port,
    prefixes: written.prefixes ?? [],
    operations: new Map(Object.entries(written.operations ?? {})),
  });
  return {
    clients: { ...defaultClientLimits, ...clients },
    headerBytes: top.headerBytes ?? tableDefaults.headerBytes,
    bodyBytes: top.bodyBytes ?? tableDefaults.bodyBytes,
    requestTimeoutMs: top.requestTimeoutMs ?? 10_000,
    services: Object.entries(services).map(ofService),
    fault,
  };
}

interface WrittenService {
  readonly contract: string;
  readonly methods: 'any';
  readonly port: number;
  readonly prefixes: readonly string[];
  readonly operations: Readonly<Record<string, OperationPolicy>>;
}

/** A policy whose members have been checked. */
interface WrittenPolicy {
  readonly clients?: Partial<ClientLimits>;
  readonly headerBytes?: number;
  readonly bodyBytes?: number;
  readonly requestTimeoutMs?: number;
  readonly services: Readonly<Record<string, Partial<WrittenService>>>;
}

function checkMembers(value: unknown, path: readonly string[], fault: Policy['fault']): void {
  const place = path.join('.') || 'the policy';
  const members = mappingOf(value);
  if (!members) throw fault(path, `expected ${place} to be a mapping of keys, got ${shown(value)}`);
  if (path.length === 0 && !mappingOf(members.services)) {
    throw fault(path, 'expected a mapping "services:", found none: name each service with its contract');
  }
  for (const [key, member] of Object.entries(members)) {
    const at = [...path, key];
    const known = keysBelow(path);
    const named = known.find((one) => one === key || (one === 'NAME' && isName(at)));
    if (named === undefined) throw fault(at, `expected ${expectedBelow(path, known)}, got ${shown(key)}`);
    const spec = policyKeys[general(at)];
    if (!spec) checkMembers(member, at, fault);
    else if (!spec.accepts(member))
      throw fault(at, `expected ${at.join('.')} to be ${spec.takes}, got ${shown(member)}`);
  }
}

function isName(path: readonly string[]): boolean {
  return (path.length === 2 ? serviceName : operationName).test(path.at(-1) ?? '');
}

function expectedBelow(path: readonly string[], known: readonly string[]): string {
  if (!known.includes('NAME'))
    return `${path.length === 0 ? 'one of' : `one of ${path.join('.')}:`} ${known.join(', ')}`;
  return path.length === 1
    ? 'a service of small letters, digits and hyphens'
    : 'the name of an operation, of letters, digits and _';
}

/** With `NAME` in place of names. */
function general(path: readonly string[]): string {
  return path.map((name, at) => (path[0] === 'services' && (at === 1 || at === 3) ? 'NAME' : name)).join('.');
}

function keysBelow(path: readonly string[]): readonly string[] {
  const start = path.length === 0 ? '' : `${general(path)}.`;
  const below = Object.keys(policyKeys).filter((key) => key.startsWith(start));
  return [...new Set(below.map((key) => key.slice(start.length).split('.')[0] as string))];
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (value instanceof Set || value instanceof Map) return `YAML's ${value instanceof Set ? '!!set' : '!!omap'}`;
  try {
    return JSON.stringify(value)?.slice(0, 100) ?? typeof value;
  } catch {
    return 'a value that contains itself'; // an alias inside its own anchor
  }
}
