import type { NginxDirective } from '@parley/local';
import { allDirectives, contextsNamed, inForce, ownNamed, settingIn } from '../nginx-contexts.ts';
import { type Problem, problem, type Rules } from '../rule.ts';
import { mayBacktrack } from '../slow-patterns.ts';

const fromClient = /^(http_\w+|host|arg_\w+|args|query_string|cookie_\w+|uri|document_uri|request_uri|\d)$/;
const variablesIn = (text: string) => [...text.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name as string);

/** Whether a client decides what a variable holds: itself, or by a `map` or `set` whose results hold such a variable. */
function isFromClient(name: string, all: readonly NginxDirective[], seen: readonly string[] = []): boolean {
  if (fromClient.test(name)) return true;
  if (seen.includes(name)) return false;
  const results = all.flatMap((directive) => {
    if (directive.name === 'set' && directive.args[0] === `$${name}`) return [directive.args[1] ?? ''];
    if (directive.name !== 'map' || directive.args[1] !== `$${name}`) return [];
    return (directive.block ?? []).map(({ args }) => args[0] ?? '');
  });
  return results.flatMap(variablesIn).some((other) => isFromClient(other, all, [...seen, name]));
}

/** From what each variable is made, where a `map` makes it. */
function sourcesOfMaps(nginx: readonly NginxDirective[]): ReadonlyMap<string, string> {
  const maps = allDirectives(nginx).filter(({ name }) => name === 'map');
  return new Map(maps.map(({ args: [source = '', made = ''] }) => [made.slice(1), source]));
}

/** Whether a value has a variable, or one that maps make of it. */
function isMadeOf(
  variable: string,
  text: string,
  sources: ReadonlyMap<string, string>,
  seen: readonly string[] = [],
): boolean {
  return variablesIn(text).some((name) => {
    if (name === variable) return true;
    const source = seen.includes(name) ? undefined : sources.get(name);
    return source !== undefined && isMadeOf(variable, source, sources, [...seen, name]);
  });
}

/** Expressions in maps, locations and conditions. */
function expressionsIn(nginx: readonly NginxDirective[]): readonly { place: NginxDirective; pattern: string }[] {
  const all = allDirectives(nginx);
  const inMaps = all
    .filter(({ name }) => name === 'map')
    .flatMap(({ block = [] }) => block.map((row) => ({ place: row, pattern: row.name })))
    .filter(({ pattern }) => pattern.startsWith('~'));
  const others = all
    .filter(
      ({ name, args }) =>
        /^(location|if|rewrite|server_name)$/.test(name) && args.some((arg) => /^~/.test(arg) || name === 'rewrite'),
    )
    .map((place) => ({ place, pattern: place.name === 'rewrite' ? (place.args[0] ?? '') : (place.args.at(-1) ?? '') }));
  return [...inMaps, ...others].map(({ place, pattern }) => ({ place, pattern: pattern.replace(/^~\*?/, '') }));
}

/** Releases of 2026 with security fixes: 1.30.4 and 1.31.3. A tag without a patch has the latest one. */
function hasHoles(minor: number, patch: number | undefined): boolean {
  if (minor < 30) return true;
  if (patch === undefined) return false;
  return (minor === 30 && patch < 4) || (minor === 31 && patch < 3);
}

/** Traps of nginx configurations that other linters know too. */
export const trapRules: Rules = {
  'alias-traversal': {
    finds: 'an `alias` with a closing slash in a location without one',
    in: ({ nginx }) =>
      contextsNamed('location', nginx).flatMap(({ directive }): readonly Problem[] => {
        const [alias] = ownNamed(directive, 'alias');
        const isPrefix = directive.args.length === 1 || directive.args[0] === '^~';
        if (!alias?.args[0]?.endsWith('/') || !isPrefix || directive.args.at(-1)?.endsWith('/')) return [];
        return [
          problem(
            alias,
            `${directive.args.at(-1)} has no closing slash and its alias has one, so ${directive.args.at(-1)}../ reads files beside the folder: add the slash`,
          ),
        ];
      }),
  },
  'target-from-client': {
    finds: 'a client decides where a request is passed on to: a variable in the host of `proxy_pass`',
    in: ({ nginx, routes }) => {
      const all = allDirectives(nginx);
      return routes
        .filter(({ host }) => variablesIn(host).some((name) => isFromClient(name, all)))
        .map(({ host, proxyPass }) =>
          problem(
            proxyPass,
            `${host} comes from the client, so it can have the gateway ask any address, the operators' ports included: name an upstream`,
          ),
        );
    },
  },
  'error-page-reachable': {
    finds: 'a client can ask for the location of an error page: no `internal`',
    in: ({ nginx }) => {
      const pages = new Set(
        allDirectives(nginx).flatMap(({ name, args }) => (name === 'error_page' ? [args.at(-1)] : [])),
      );
      return contextsNamed('location', nginx)
        .filter(({ directive }) => pages.has(directive.args.at(-1)) && !directive.args.at(-1)?.startsWith('@'))
        .filter(({ directive }) => ownNamed(directive, 'internal').length === 0)
        .map(({ directive }) =>
          problem(
            directive,
            `clients can ask for ${directive.args.at(-1)}, so they get an error page with status 200: add "internal;"`,
          ),
        );
    },
  },
  'referer-open': {
    finds: 'a check of the `Referer` that a request without one passes: `valid_referers none`',
    in: ({ nginx }) =>
      allDirectives(nginx)
        .filter(({ name, args }) => name === 'valid_referers' && args.includes('none'))
        .map((check) =>
          problem(
            check,
            'valid_referers lets requests without a Referer pass, so a page of another origin gets by with "Referrer-Policy: no-referrer": remove none',
          ),
        ),
  },
  'slow-pattern': {
    finds:
      'an expression that needs exponential time for some texts: a repetition of nothing but a repetition, as in `(a+)+`',
    in: ({ nginx }) =>
      expressionsIn(nginx)
        .filter(({ pattern }) => mayBacktrack(pattern))
        .map(({ place, pattern }) =>
          problem(
            place,
            `the expression ${pattern} repeats a repetition, so a long header or path of a client costs seconds of CPU: repeat one of the two`,
          ),
        ),
  },
  'private-cached': {
    finds: 'a cache of nginx that does not leave out requests with `Authorization`',
    in: ({ nginx, routes }) => {
      const sources = sourcesOfMaps(nginx);
      return routes.flatMap((route): readonly Problem[] => {
        const cache = settingIn(route, 'proxy_cache');
        if (cache === undefined || cache.args[0] === 'off') return [];
        const dependsOnIt = (name: string) =>
          inForce(route, name).some(({ args }) => isMadeOf('http_authorization', args.join(' '), sources));
        // `proxy_cache $zone`, where a map gives `off` to some requests.
        if (['proxy_cache', 'proxy_cache_key'].some(dependsOnIt)) return [];
        if (dependsOnIt('proxy_no_cache') && dependsOnIt('proxy_cache_bypass')) return [];
        return [
          problem(
            cache,
            'nginx keeps replies to requests with Authorization, so one caller\'s reply may be given to another: add "proxy_no_cache $http_authorization; ' +
              'proxy_cache_bypass $http_authorization;"',
          ),
        ];
      });
    },
  },
  'nginx-outdated': {
    finds: 'the gateway runs an nginx with known holes: before 1.30.4, or 1.31 before 1.31.3',
    in: ({ gateway }) => {
      const [, minor, patch] = /nginx\S*:1\.(\d+)(?:\.(\d+))?/.exec(gateway?.image ?? '') ?? [];
      if (!gateway || minor === undefined || !hasHoles(Number(minor), patch === undefined ? undefined : Number(patch)))
        return [];
      return [
        problem(
          gateway.at('image'),
          `${gateway.name} runs ${gateway.image}, which has known holes, so a request may crash or mislead it: use nginx:1.30, which is 1.30.4 or later`,
        ),
      ];
    },
  },
  'secret-in-log': {
    finds: 'the access log has queries, cookies or tokens',
    in: ({ nginx }) => {
      const all = allDirectives(nginx);
      const isUsed = (name: string | undefined) =>
        all.some((one) => one.name === 'access_log' && (one.args[1] ?? 'combined') === name);
      return all
        .filter(({ name, args }) => name === 'log_format' && isUsed(args[0]))
        .filter(({ args }) =>
          /\$\{?(request|request_uri|args|query_string|http_(authorization|cookie|referer)|cookie_\w+)\b/.test(
            args.slice(1).join(' '),
          ),
        )
        .map((format) =>
          problem(
            format,
            'the access log has queries, cookies, tokens or the Referer, so secrets of clients are in it: use $uri without its query',
          ),
        );
    },
  },
};
