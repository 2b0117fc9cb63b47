import { directivesNamed, nginxDirectives } from '../nginx-files/nginx-directives.ts';

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

/** Reads the limits of an `nginx.conf`. Missing directives have nginx' defaults. */
export function parseLimits(text: string): GatewayLimits {
  const directives = nginxDirectives(text);
  const args = (name: string): readonly string[] => directivesNamed(name, directives)[0]?.args ?? [];
  const ms = (name: string, standard: string): number => milliseconds(args(name)[0] ?? standard);
  const [count = '4', size = '8k'] = args('large_client_header_buffers');
  return {
    headerTimeoutMs: ms('client_header_timeout', '60s'),
    stallTimeoutMs: Math.max(ms('client_body_timeout', '60s'), ms('send_timeout', '60s')),
    keepAliveTimeoutMs: ms('keepalive_timeout', '75s'),
    bodyLimitBytes: bytes(args('client_max_body_size')[0] ?? '1m'),
    headerLimitBytes: bytes(args('client_header_buffer_size')[0] ?? '1k') + Number(count) * bytes(size),
    connections: Number(args('worker_connections')[0] ?? 512),
  };
}

function milliseconds(written: string): number {
  const [, count, unit = 's'] = /^(\d+)(ms|s|m|h)?$/.exec(written) ?? [];
  return Number(count) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit as 'ms' | 's' | 'm' | 'h'];
}

function bytes(written: string): number {
  const [, count, unit = ''] = /^(\d+)([kmg]?)$/i.exec(written) ?? [];
  return Number(count) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
}
