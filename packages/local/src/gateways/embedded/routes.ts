import { directivesNamed, parseDirectives } from './nginx-directives.ts';

/** Which paths go to which service. */
export interface Route {
  /** Whether the path must be exactly this, or only begin with it. */
  readonly isExact: boolean;
  readonly path: string;
  readonly service: string;
}

/** The routes of nginx' own `routes.conf`: its locations that pass requests on. */
export function parseRoutes(text: string): Route[] {
  return directivesNamed('location', parseDirectives(text)).flatMap(({ args, block = [] }) => {
    const [modifier, path] = args.length > 1 ? args : ['', args[0]];
    const target = directivesNamed('proxy_pass', block)[0]?.args[0];
    const service = /^http:\/\/([^/:$]+)/.exec(target ?? '')?.[1];
    const isPrefixOrExact = modifier === '' || modifier === '=' || modifier === '^~';
    return path && service && isPrefixOrExact ? [{ isExact: modifier === '=', path, service }] : [];
  });
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
