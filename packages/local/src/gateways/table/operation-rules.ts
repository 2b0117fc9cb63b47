import type { GatewayTable, TableOperation } from './gateway-table.ts';
import { locationOf, methodsOf, mostSpecificFirst, pathExpression } from './operation-paths.ts';
import { byPriority, type Route, routeOf } from './routes.ts';

type Known = Pick<GatewayTable, 'upstreams' | 'routes' | 'operations'>;

/** The operations whose location a route is. */
export function operationsAt(route: Route, operations: readonly TableOperation[]): readonly TableOperation[] {
  return operations.filter(({ service, path }) => {
    const location = locationOf(path);
    return service === route.service && location.isExact === route.isExact && location.path === route.path;
  });
}

/** Whose operations the paths of a route may have. */
export interface PathOwner {
  readonly route: Route;
  /** Undefined at `prefixes` of a policy: the service decides there. */
  readonly service: string | undefined;
}

/** The owner of each route, in the order in which later ones win. Empty where no operation is known. */
export function pathOwners({ routes, operations }: Known): readonly PathOwner[] {
  if (operations.length === 0) return [];
  return byPriority(routes).map((route) => ({ route, service: ownerOf(route, operations) }));
}

function ownerOf(route: Route, operations: readonly TableOperation[]): string | undefined {
  return operationsAt(route, operations).length > 0 ? route.service : undefined;
}

/** The methods that the paths of a template have, where their route leads to this service. */
export interface MethodRow {
  readonly service: string;
  /** A template. */
  readonly path: string;
  readonly methods: readonly string[];
}

/** The methods of the templates of each service, in the order in which earlier ones win. None of a service with `methods: any`. */
export function methodRows({ upstreams, operations }: Known): readonly MethodRow[] {
  const unchecked = upstreams.filter(({ methods }) => methods === 'any').map(({ name }) => name);
  const checked = mostSpecificFirst(operations.filter(({ service }) => !unchecked.includes(service)));
  const rows = new Map(checked.map(({ service, path }) => [`${service} ${path}`, { service, path }]));
  return [...rows.values()].map((row) => ({
    ...row,
    methods: methodsOf(
      row.path,
      checked.filter(({ service }) => service === row.service),
    ),
  }));
}

/** Whether an operation is repeatable by no key: one that does not take it would take effect twice. */
export function isUnkeyed({ method, isKeyed = false }: Pick<TableOperation, 'method' | 'isKeyed'>): boolean {
  return ['POST', 'PATCH'].includes(method) && !isKeyed;
}

/** What holds for a request by its method and path. */
export interface RequestRule {
  /**
   * The methods of the path; undefined where its service decides: no operation of it has the path, or its policy has `methods: any`.
   */
  readonly methods: readonly string[] | undefined;
  /** The operation that is asked for; undefined where it is none. */
  readonly operation: TableOperation | undefined;
}

/** Makes the function that gives the rule of a request, by its method and its path as it is sent, without its query. */
export function ruleFinder(table: Known): (method: string, path: string) => RequestRule {
  const owners = new Map(table.routes.map((route) => [route, ownerOf(route, table.operations)]));
  const patternOf = (path: string) => new RegExp(pathExpression(path));
  const rows = methodRows(table).map((row) => ({ ...row, pattern: patternOf(row.path) }));
  const operations = mostSpecificFirst(table.operations).map((one) => ({ ...one, pattern: patternOf(one.path), one }));
  return function ruleOf(method, path) {
    const route = routeOf(path, table.routes);
    const owner = route && owners.get(route);
    const own = method === 'HEAD' ? 'GET' : method;
    return {
      methods: rows.find(({ service, pattern }) => service === owner && pattern.test(path))?.methods,
      operation: operations.find((each) => each.service === owner && each.method === own && each.pattern.test(path))
        ?.one,
    };
  };
}
