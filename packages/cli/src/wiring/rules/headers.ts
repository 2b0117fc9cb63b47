import type { NginxDirective } from '@parley/local';
import type { NginxContext } from '../nginx-contexts.ts';
import { allContexts, allDirectives, inForce, ownNamed } from '../nginx-contexts.ts';
import { type Problem, problem, type Rules } from '../rule.ts';

const nameOf = ({ args }: NginxDirective) => (args[0] ?? '').toLowerCase();
const named = (directives: readonly NginxDirective[], name: string) => directives.find((one) => nameOf(one) === name);

/** Headers whose loss no client notices before it matters. */
const protecting = new Set([
  'x-request-id',
  'strict-transport-security',
  'content-security-policy',
  'x-content-type-options',
  'x-frame-options',
  'referrer-policy',
]);

/** Headers of the blocks around that a block drops by setting one of its own. */
function dropped(
  { directive, chain }: NginxContext,
  setter: string,
  counts: (name: string) => boolean,
): readonly string[] {
  const own = ownNamed(directive, setter);
  if (own.length === 0) return [];
  const outer = chain.slice(0, -1).findLast((block) => ownNamed(block, setter).length > 0);
  const inherited = outer ? ownNamed(outer, setter) : [];
  return inherited.map(nameOf).filter((name) => counts(name) && !named(own, name));
}

/** Headers on the way to services, and back to clients. */
export const headerRules: Rules = {
  'host-from-client': {
    finds: 'services get the `Host` that a client sent, unchecked',
    in: ({ nginx }) =>
      allDirectives(nginx)
        .filter(
          (one) =>
            one.name === 'proxy_set_header' && nameOf(one) === 'host' && /\$\{?http_host/.test(one.args[1] ?? ''),
        )
        .map((header) =>
          problem(
            header,
            'services get the Host that a client wrote, so links and caches can be led elsewhere: use "Host $host"',
          ),
        ),
  },
  'address-from-client': {
    finds: "services get a client's own `X-Forwarded-For`, or it passes through",
    in: ({ routes }) =>
      routes.flatMap((route): readonly Problem[] => {
        const set = named(inForce(route, 'proxy_set_header'), 'x-forwarded-for');
        if (set) {
          if (!/\$\{?http_x_forwarded_for/.test(set.args[1] ?? '')) return [];
          return [
            problem(
              set,
              'services get the X-Forwarded-For that a client wrote, so it may claim any address: use $remote_addr',
            ),
          ];
        }
        const isDropped = route.chain.some((block) => named(ownNamed(block, 'proxy_set_header'), 'x-forwarded-for'));
        if (isDropped) return [];
        return [
          problem(
            route.proxyPass,
            'the gateway sets no X-Forwarded-For, so that of a client passes through and services believe it: add "proxy_set_header X-Forwarded-For $remote_addr;"',
          ),
        ];
      }),
  },
  'proxy-headers-dropped': {
    finds: 'one `proxy_set_header` in a block drops all those of the blocks around it',
    in: ({ nginx }) =>
      allContexts(nginx).flatMap((context): readonly Problem[] => {
        const [first] = ownNamed(context.directive, 'proxy_set_header');
        const lost = dropped(context, 'proxy_set_header', () => true);
        if (!first || lost.length === 0) return [];
        return [
          problem(
            first,
            `a proxy_set_header here drops all inherited ones, so services do not get ${lost.slice(0, 3).join(', ')}${lost.length > 3 ? ` and ${lost.length - 3} more` : ''}: ` +
              'repeat them here, or set this one where they are',
          ),
        ];
      }),
  },
  'added-headers-dropped': {
    finds: 'one `add_header` in a block drops protecting headers of the blocks around it',
    in: ({ nginx }) =>
      allContexts(nginx).flatMap((context): readonly Problem[] => {
        const [first] = ownNamed(context.directive, 'add_header');
        const lost = dropped(context, 'add_header', (name) => protecting.has(name));
        if (!first || lost.length === 0 || inForce(context, 'add_header_inherit').at(-1)?.args[0] === 'merge')
          return [];
        return [
          problem(
            first,
            `an add_header here drops all inherited ones, so replies lose ${lost.join(', ')}: repeat them here`,
          ),
        ];
      }),
  },
  'header-not-always': {
    finds: 'a protecting header is missing from error replies: `add_header` without `always`',
    in: ({ nginx }) =>
      allDirectives(nginx)
        .filter((one) => one.name === 'add_header' && protecting.has(nameOf(one)) && one.args[2] !== 'always')
        .map((header) =>
          problem(header, `nginx adds ${header.args[0]} to successes only, so errors go without it: add "always"`),
        ),
  },
  'header-splitting': {
    finds: 'a decoded path (`$uri`) in a header, a redirect or an address',
    in: ({ nginx }) =>
      allDirectives(nginx)
        .filter(
          ({ name, args }) =>
            /^(return|rewrite|add_header|proxy_set_header|proxy_pass)$/.test(name) &&
            args.some((arg) => /\$\{?(uri|document_uri)\b/.test(arg)),
        )
        .map((directive) =>
          problem(
            directive,
            `${directive.name} has $uri, which is decoded, so a line break in a path begins a header of the client's own: use $request_uri`,
          ),
        ),
  },
  'replies-replaced': {
    finds: "the gateway replaces services' own errors: `proxy_intercept_errors on`",
    in: ({ nginx }) =>
      allDirectives(nginx)
        .filter(({ name, args }) => name === 'proxy_intercept_errors' && args[0] === 'on')
        .map((setting) =>
          problem(
            setting,
            "the gateway puts its own page in place of services' errors, so clients lose the problem and its code: remove it",
          ),
        ),
  },
  'version-shown': {
    finds: 'nginx tells its version: no `server_tokens off`',
    in: ({ routes, http }) =>
      routes
        .filter((route) => inForce(route, 'server_tokens').at(-1)?.args[0] !== 'off')
        .map((route) =>
          problem(
            inForce(route, 'server_tokens').at(-1) ?? http,
            'nginx tells its version in each reply, so scanners know its holes: set "server_tokens off"',
          ),
        ),
  },
};
