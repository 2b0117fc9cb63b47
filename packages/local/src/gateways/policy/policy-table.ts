import { type BodySize, largestBody } from '@parley/contract';
import type { LocalError } from '../../local-error.ts';
import type { GatewayTable, TableOperation } from '../table/gateway-table.ts';
import { locationOf, type OperationPath } from '../table/operation-paths.ts';
import type { Route } from '../table/routes.ts';
import { type OperationPolicy, operationName, type Policy, type ServicePolicy } from './policy.ts';
import { type CacheableOperation, refuseUnfitCaches, tableCache } from './policy-cache.ts';

/** What the gateway needs of an operation of a contract. */
export interface ContractOperation extends OperationPath, CacheableOperation {
  /** How large its body may be. Default: the contract says nothing of it. */
  readonly bodySize?: BodySize | undefined;
  /** `safety: 'keyed'` of the contract. */
  readonly isKeyed?: boolean | undefined;
}

/** The operations of each service that has a contract, by the service's name. */
export type ContractOperations = ReadonlyMap<string, readonly ContractOperation[]>;

/** How much longer than a service the gateway waits, so that the service's own answer, which says more, comes first. */
const patience = 1.2;

/**
 * Puts a policy and the contracts of its services together.
 *
 * @throws LocalError where the policy names an operation that its contract does not have, a contract names an operation with
 *   other signs than letters, digits and _, two services have the same path, a service has none, or the policy keeps replies that
 *   no gateway may keep
 */
export function tableOf(policy: Policy, contracts: ContractOperations): GatewayTable {
  const { services } = policy;
  for (const service of services) {
    const known = contracts.get(service.name) ?? [];
    refuseStrangers(service, known, policy);
    refuseUnfitCaches(service, known, policy);
  }
  return {
    clientLimits: policy.clients,
    headerBytes: policy.headerBytes,
    bodyBytes: policy.bodyBytes,
    readTimeoutMs: readTimeoutMs(policy.requestTimeoutMs),
    upstreams: services.map(({ name, port, methods }) => ({ name, port, ...(methods && { methods }) })),
    routes: routesOf(policy, contracts),
    operations: services.flatMap((service) =>
      (contracts.get(service.name) ?? []).map((operation) => tableOperation(service, operation)),
    ),
  };
}

/** In whole seconds, which HAProxy and people read alike. */
function readTimeoutMs(timeoutMs: number): number {
  return Math.ceil((timeoutMs * patience) / 1_000) * 1_000;
}

function tableOperation({ name: service, operations }: ServicePolicy, operation: ContractOperation): TableOperation {
  const { name, method, path, isKeyed } = operation;
  const { requestsPerSecond, burst = requestsPerSecond, cache } = operations.get(name) ?? {};
  const limits = requestsPerSecond === undefined || burst === undefined ? {} : { requestsPerSecond, burst };
  return { service, name, method, path, ...(isKeyed && { isKeyed }), ...limits, ...(cache && tableCache(operation)) };
}

function refuseStrangers(service: ServicePolicy, known: readonly ContractOperation[], { fault }: Policy): void {
  const { name, prefixes, operations } = service;
  if (known.length === 0 && prefixes.length === 0) {
    throw fault(
      ['services', name],
      `expected a contract with operations, or prefixes, for ${name}, found neither: no path would lead to it`,
    );
  }
  const names = known.map((one) => one.name);
  const odd = names.find((one) => !operationName.test(one));
  if (odd !== undefined) {
    throw fault(
      ['services', name],
      `expected operations of ${name} with names of letters, digits and _, a letter first, got ${JSON.stringify(odd)}: rename it in the contract`,
    );
  }
  for (const [stranger, { requestsPerSecond, burst }] of operations) {
    const place = ['services', name, 'operations', stranger];
    if (!names.includes(stranger)) {
      throw fault(place, `expected an operation of ${name} (${names.join(', ') || 'none'}), got "${stranger}"`);
    }
    if (burst !== undefined && requestsPerSecond === undefined) {
      throw fault([...place, 'burst'], `expected requestsPerSecond of ${stranger} beside its burst, found none`);
    }
  }
}

interface Location {
  readonly route: Route;
  readonly from: readonly { readonly policy: OperationPolicy; readonly operation: ContractOperation }[];
  /** Paths without an operation lead to it too. */
  readonly isPrefix: boolean;
}

function routesOf(policy: Policy, contracts: ContractOperations): readonly Route[] {
  const locations = new Map<string, Location>();
  for (const service of policy.services) {
    const { name, operations, prefixes } = service;
    for (const operation of contracts.get(name) ?? []) {
      const route = { ...locationOf(operation.path), service: name };
      const one = { policy: operations.get(operation.name) ?? {}, operation };
      add(locations, { route, from: [one], isPrefix: false }, operation.name, policy);
    }
    for (const path of prefixes)
      add(locations, { route: { isExact: false, path, service: name }, from: [], isPrefix: true }, path, policy);
  }
  return [...locations.values()].map((location) => withLimits(location, policy));
}

function add(locations: Map<string, Location>, added: Location, what: string, policy: Policy): void {
  const { route, from, isPrefix } = added;
  const key = `${route.isExact} ${route.path}`;
  const before = locations.get(key);
  if (before && before.route.service !== route.service) throw twoServices(before.route, route, what, policy);
  locations.set(key, {
    route,
    from: [...(before?.from ?? []), ...from],
    isPrefix: isPrefix || before?.isPrefix === true,
  });
}

function twoServices(before: Route, { service, path }: Route, what: string, { fault }: Policy): LocalError {
  return fault(
    ['services', service],
    `expected one service for paths that begin with ${path}, got ${before.service} and ${what} of ${service}: gateways choose by the ` +
      'beginning of a path, so give one of them a path of its own',
  );
}

/** nginx takes no variable for a size or a time: a location has the largest of its operations, and of what has no operation. */
function withLimits({ route, from, isPrefix }: Location, policy: Policy): Route {
  const bodies = from.map(({ policy: own, operation: { bodySize = { filesBytes: 0 } } }) => {
    return own.bodyBytes ?? Math.max(policy.bodyBytes, largestBody(bodySize, policy.bodyBytes));
  });
  const times = from.map(({ policy: own }) => readTimeoutMs(own.timeoutMs ?? policy.requestTimeoutMs));
  if (isPrefix) {
    bodies.push(policy.bodyBytes);
    times.push(readTimeoutMs(policy.requestTimeoutMs));
  }
  const [bodyBytes, timeMs] = [Math.max(...bodies), Math.max(...times)];
  return {
    ...route,
    ...(bodies.length > 0 && bodyBytes !== policy.bodyBytes && { bodyBytes }),
    ...(times.length > 0 && timeMs !== readTimeoutMs(policy.requestTimeoutMs) && { readTimeoutMs: timeMs }),
  };
}
