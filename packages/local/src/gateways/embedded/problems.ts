import { directivesNamed, parseDirectives } from '../nginx-directives.ts';

/** An answer that the gateway gives itself, RFC 9457. */
export interface ProblemAnswer {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes the answer for a status. */
export type Problems = (status: number, requestId: string) => ProblemAnswer;

/** Those of the services' own answers. */
const securityHeaders = {
  'Content-Security-Policy': "default-src 'none';frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** The gateway's own problems, from the maps of nginx' `problems.conf`: both gateways send the same. */
export function parseProblems(text: string): Problems {
  const maps = new Map<string, ReadonlyMap<string, string>>();
  for (const { args, block = [] } of directivesNamed('map', parseDirectives(text))) {
    const entries = block.map(({ name, args: [value = ''] }) => [name, value] as const);
    maps.set((args[1] ?? '').slice(1), new Map(entries));
  }
  const look = (map: string, status: number): string =>
    maps.get(map)?.get(String(status)) ?? maps.get(map)?.get('default') ?? '';
  return function problems(status, requestId) {
    const values: Readonly<Record<string, string>> = { status: String(status), accepted_request_id: requestId };
    const fill = (template: string): string =>
      template.replace(/\$(\w+)/g, (_, name) => values[name] ?? fill(look(name, status)));
    const retryAfter = look('retry_after', status);
    const allow = look('allowed_methods', status);
    return {
      body: fill(look('problem', status)),
      headers: {
        'Content-Type': 'application/problem+json',
        'Cache-Control': 'no-store',
        'X-Request-Id': requestId,
        ...securityHeaders,
        ...(retryAfter && { 'Retry-After': retryAfter }),
        ...(allow && { Allow: allow }),
      },
    };
  };
}
