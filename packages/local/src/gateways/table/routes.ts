/** Which paths go to which service. */
export interface Route {
  /** Whether the path must be exactly this, or only begin with it. */
  readonly isExact: boolean;
  readonly path: string;
  readonly service: string;
  /** Bytes that a body may have here. Default: the limit of the gateway. */
  readonly bodyBytes?: number;
  /** How long a service may take to answer here. Default: the time of the gateway. */
  readonly readTimeoutMs?: number;
}

/** As nginx chooses: the exact path, else the longest one that the path begins with. Later ones win. */
export function byPriority(routes: readonly Route[]): readonly Route[] {
  return routes.toSorted((a, b) => Number(a.isExact) - Number(b.isExact) || a.path.length - b.path.length);
}

/** The route that nginx would choose: the exact one, else the one with the longest path that this path begins with. */
export function routeOf(path: string, routes: readonly Route[]): Route | undefined {
  const exact = routes.find((route) => route.isExact && route.path === path);
  if (exact) return exact;
  return routes
    .filter((route) => !route.isExact && path.startsWith(route.path))
    .reduce<Route | undefined>(
      (best, route) => (best && best.path.length >= route.path.length ? best : route),
      undefined,
    );
}

/**
 * Routes to the paths of each service, which may be templates such as `/orders/{id}`. `/orders` leads to all below it too.
 * Where two services have the same path, it leads to the first one. A path with signs that nginx gives a meaning has no route.
 */
export function routesTo(served: ReadonlyMap<string, readonly string[]>): Route[] {
  const routes = new Map<string, Route>();
  for (const [service, paths] of served) {
    for (const path of paths.flatMap(locationsOf)) {
      const key = `${path.isExact ? '= ' : ''}${path.path}`;
      if (!routes.has(key)) routes.set(key, { ...path, service });
    }
  }
  return [...routes.values()];
}

function locationsOf(template: string): Omit<Route, 'service'>[] {
  const at = template.indexOf('{');
  const path = at < 0 ? template : template.slice(0, template.lastIndexOf('/', at) + 1);
  if (!/^\/[\w\-.~%/]*$/.test(path)) return [];
  if (path.endsWith('/')) return [{ isExact: false, path }];
  return [
    { isExact: true, path },
    { isExact: false, path: `${path}/` },
  ];
}
