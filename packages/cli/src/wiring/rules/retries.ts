import { msOf, type NginxDirective } from '@parley/local';
import type { Route } from '../deployment.ts';
import { allDirectives, contextsNamed, settingIn } from '../nginx-contexts.ts';
import { type Problem, problem, type Rules } from '../rule.ts';
import { shownMs } from '../units.ts';

/** More attempts than this of one call, all tiers together, multiply an overload. */
const mostAttempts = 10;
const nginxReadMs = 60_000;

/** What nginx repeats; `error timeout` where nothing is set. */
function repeated(route: Route): readonly string[] {
  const words = settingIn(route, 'proxy_next_upstream')?.args ?? ['error', 'timeout'];
  return words.includes('off') ? [] : words;
}

/** Tries of one request; 0 for no bound. */
function tries(route: Route): number {
  return repeated(route).length === 0 ? 1 : Number(settingIn(route, 'proxy_next_upstream_tries')?.args[0] ?? 0);
}

/** Variables whose value follows from the request's `Idempotency-Key`, over any number of maps. */
function keyVariables(maps: readonly NginxDirective[]): ReadonlySet<string> {
  const known = new Set(['$http_idempotency_key']);
  const isBuiltOn = (text: string) => (text.match(/\$\w+/g) ?? []).some((variable) => known.has(variable));
  for (let before = 0; before < known.size; ) {
    before = known.size;
    for (const {
      args: [source = '', variable = ''],
    } of maps)
      if (isBuiltOn(source)) known.add(variable);
  }
  return known;
}

/** Whether requests come to a named location by maps alone that look at `Idempotency-Key`. */
function isForKeyed({ directive }: Route, nginx: readonly NginxDirective[]): boolean {
  const [name = ''] = directive.args;
  if (!name.startsWith('@')) return false;
  const maps = contextsNamed('map', nginx).map((context) => context.directive);
  const keyed = keyVariables(maps);
  const isNamed = ({ args }: NginxDirective) => args.includes(name);
  const leading = maps.filter(({ block = [] }) => block.some(isNamed));
  const others = allDirectives(nginx).filter((one) => one !== directive && isNamed(one)).length;
  const inMaps = leading.flatMap(({ block = [] }) => block.filter(isNamed)).length;
  return inMaps > 0 && others === inMaps && leading.every(({ args: [, variable = ''] }) => keyed.has(variable));
}

const retryPlace = (route: Route, name: string) =>
  settingIn(route, name) ?? settingIn(route, 'proxy_next_upstream') ?? route.proxyPass;

/** Which tier repeats what: exactly one of them. */
export const retryRules: Rules = {
  'replies-repeated': {
    finds: 'the gateway repeats what a service has answered, such as a 503, which callers repeat too',
    in: ({ routes }) =>
      routes.flatMap((route): readonly Problem[] => {
        const statuses = repeated(route).filter((word) => /^(http_\d+|invalid_header)$/.test(word));
        if (statuses.length === 0) return [];
        return [
          problem(
            retryPlace(route, 'proxy_next_upstream'),
            `the gateway repeats replies (${statuses.join(', ')}) and so do the clients, so attempts multiply and an overloaded service gets more load: ` +
              'leave "error timeout" alone in proxy_next_upstream',
          ),
        ];
      }),
  },
  'unsafe-repeated': {
    finds: 'the gateway repeats a POST that a service may have carried out, whether it has an `Idempotency-Key` or not',
    in: ({ routes, nginx }) =>
      routes
        .filter((route) => repeated(route).includes('non_idempotent') && !isForKeyed(route, nginx))
        .map((route) =>
          problem(
            retryPlace(route, 'proxy_next_upstream'),
            'the gateway repeats a POST whose connection broke ("non_idempotent"), so what it does may be done twice: remove the word, ' +
              'or have a map of $http_idempotency_key lead to a location that has it',
          ),
        ),
  },
  'tries-unbounded': {
    finds: 'a request may be tried on every replica: no `proxy_next_upstream_tries`',
    in: ({ routes }) =>
      routes
        .filter((route) => tries(route) === 0)
        .map((route) =>
          problem(
            retryPlace(route, 'proxy_next_upstream_tries'),
            'nginx tries a request on every replica, so a request that kills its replica kills all of them: set proxy_next_upstream_tries 2',
          ),
        ),
  },
  'attempts-multiply': {
    finds: `tries of the gateway × attempts of a client are more than ${mostAttempts}`,
    in: ({ routes, client }) =>
      routes
        .filter((route) => tries(route) * client.maxAttempts > mostAttempts)
        .map((route) =>
          problem(
            retryPlace(route, 'proxy_next_upstream_tries'),
            `${tries(route)} tries of the gateway and ${client.maxAttempts} attempts of a client are ${tries(route) * client.maxAttempts} of one call, ` +
              'so a failing service gets that many times its load: set proxy_next_upstream_tries 2',
          ),
        ),
  },
  'second-wait': {
    finds:
      'a reply that does not come is waited for twice: `proxy_next_upstream_timeout` is not below `proxy_read_timeout`',
    in: ({ routes }) =>
      routes.flatMap((route): readonly Problem[] => {
        const readMs = msOf(settingIn(route, 'proxy_read_timeout')?.args[0] ?? '') ?? nginxReadMs;
        const againMs = msOf(settingIn(route, 'proxy_next_upstream_timeout')?.args[0] ?? '0') ?? 0;
        if (!repeated(route).includes('timeout') || tries(route) === 1 || (againMs > 0 && againMs < readMs)) return [];
        return [
          problem(
            retryPlace(route, 'proxy_next_upstream_timeout'),
            `proxy_next_upstream_timeout ${againMs === 0 ? 'has no bound' : `is ${shownMs(againMs)}`} and proxy_read_timeout is ${shownMs(readMs)}, so a caller ` +
              'waits for both of two replicas that hang: set proxy_next_upstream_timeout to 2s',
          ),
        ];
      }),
  },
};
