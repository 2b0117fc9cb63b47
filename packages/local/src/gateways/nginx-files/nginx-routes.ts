import type { Route } from '../table/routes.ts';
import { directivesNamed, nginxDirectives } from './nginx-directives.ts';

/** The routes of nginx' own `routes.conf`: its locations that pass requests on. */
export function parseRoutes(text: string): Route[] {
  return directivesNamed('location', nginxDirectives(text)).flatMap(({ args, block = [] }) => {
    const [modifier, path] = args.length > 1 ? args : ['', args[0]];
    const target = directivesNamed('proxy_pass', block)[0]?.args[0];
    const service = /^http:\/\/([^/:$]+)/.exec(target ?? '')?.[1];
    const isPrefixOrExact = modifier === '' || modifier === '=' || modifier === '^~';
    return path && service && isPrefixOrExact ? [{ isExact: modifier === '=', path, service }] : [];
  });
}
