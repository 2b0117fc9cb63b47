import { LocalError } from '../../local-error.ts';
import { directivesNamed, nginxDirectives } from '../nginx-files/nginx-directives.ts';
import { bytesOf, msOf } from '../nginx-files/nginx-units.ts';

/** What the gateway allows a client, from nginx' own `nginx.conf` and `limits.conf`: both gateways have the same bounds. */
export interface GatewayLimits {
  /** For the whole head of a request. `client_header_timeout`, 10 s. */
  readonly headerTimeoutMs: number;
  /** Longest time without a byte in either direction: a slow upload, an unread reply. `client_body_timeout` and `send_timeout`, 10 s. */
  readonly stallTimeoutMs: number;
  /** Of a connection without a request. `keepalive_timeout`, 65 s. */
  readonly keepAliveTimeoutMs: number;
  /** `client_max_body_size`, 1 MiB. */
  readonly bodyLimitBytes: number;
  /** URL and headers together. `client_header_buffer_size` + `large_client_header_buffers`, 15 KiB. */
  readonly headerLimitBytes: number;
  /** From all clients together. `worker_connections`, 4096. */
  readonly connections: number;
}

/**
 * Reads the limits of an `nginx.conf`. Missing directives have nginx' defaults.
 *
 * @throws LocalError for a duration or a size that nginx would not take
 */
export function parseLimits(text: string): GatewayLimits {
  const directives = nginxDirectives(text);
  const args = (name: string): readonly string[] => directivesNamed(name, directives)[0]?.args ?? [];
  const ms = (name: string, standard: string) =>
    read(name, args(name)[0] ?? standard, { by: msOf, like: 'a duration such as 10s' });
  const bytes = (name: string, written: string) => read(name, written, { by: bytesOf, like: 'a size such as 1m' });
  const [count = '4', size = '8k'] = args('large_client_header_buffers');
  return {
    headerTimeoutMs: ms('client_header_timeout', '60s'),
    stallTimeoutMs: Math.max(ms('client_body_timeout', '60s'), ms('send_timeout', '60s')),
    keepAliveTimeoutMs: ms('keepalive_timeout', '75s'),
    bodyLimitBytes: bytes('client_max_body_size', args('client_max_body_size')[0] ?? '1m'),
    headerLimitBytes:
      bytes('client_header_buffer_size', args('client_header_buffer_size')[0] ?? '1k') +
      Number(count) * bytes('large_client_header_buffers', size),
    connections: Number(args('worker_connections')[0] ?? 512),
  };
}

interface Reading {
  readonly by: (text: string) => number | undefined;
  /** What it must look like. */
  readonly like: string;
}

function read(name: string, written: string, { by, like }: Reading): number {
  const value = by(written);
  if (value !== undefined) return value;
  throw new LocalError(`expected ${like} after ${name} in nginx/, got "${written}"`);
}
