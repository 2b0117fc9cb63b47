import { securityHeaderFields } from '@parley/contract';
import type { GatewayCause } from '../gateway-causes.ts';
import { directivesNamed, nginxDirectives } from '../nginx-files/nginx-directives.ts';

/** An answer that the gateway gives itself, RFC 9457. */
export interface ProblemAnswer {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request that the gateway answers itself. */
export interface ProblemFacts {
  readonly status: number;
  readonly cause: GatewayCause;
  readonly requestId: string;
  readonly traceId: string;
  /** The service that was to answer, where one was asked. */
  readonly upstream?: string | undefined;
  /** The methods that the path has, where they are known: `GET, HEAD, OPTIONS`. */
  readonly methods?: string | undefined;
}

/** Makes the answer. */
export type Problems = (facts: ProblemFacts) => ProblemAnswer;

interface ValueMap {
  /** What is looked up, with variables. */
  readonly source: string;
  readonly entries: ReadonlyMap<string, string>;
}

/**
 * The gateway's own problems, from the maps of nginx' `problems.conf`: both gateways send the same. Reads maps of texts, no
 * patterns: why a request failed, this gateway knows itself.
 */
export function parseProblems(text: string): Problems {
  const maps = new Map<string, ValueMap>();
  for (const { args, block = [] } of directivesNamed('map', nginxDirectives(text))) {
    const entries = block.map(({ name, args: [value = ''] }) => [name, value] as const);
    maps.set((args[1] ?? '').slice(1), { source: args[0] ?? '', entries: new Map(entries) });
  }
  return function problems({ status, cause, requestId, traceId, upstream = '', methods = '' }) {
    const values: Readonly<Record<string, string>> = {
      status: String(status),
      problem_cause: cause,
      accepted_request_id: requestId,
      accepted_trace_id: traceId,
      service: upstream,
      path_methods: methods,
    };
    const evaluate = (name: string): string => {
      const map = maps.get(name);
      return values[name] ?? fill(map?.entries.get(fill(map.source)) ?? map?.entries.get('default') ?? '');
    };
    const fill = (template: string): string => template.replace(/\$(\w+)/g, (_, name) => evaluate(name));
    const retryAfter = evaluate('retry_after');
    const allow = evaluate('allowed_methods');
    return {
      body: evaluate('problem'),
      headers: {
        'Content-Type': 'application/problem+json',
        'Cache-Control': 'no-store',
        'X-Request-Id': requestId,
        ...securityHeaderFields,
        ...(retryAfter && { 'Retry-After': retryAfter }),
        ...(allow && { Allow: allow }),
      },
    };
  };
}
