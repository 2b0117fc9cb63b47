const example = 'for example postgres://user:password@host:5432/guestbook';
const unencoded =
  'has a character that must be percent-encoded, most likely in the password: % as %25, @ as %40, : as %3A, / as %2F, ? as %3F, # as %23';

/** Parameters that `pg` understands in the query of a URL. It ignores all others silently. */
const known = new Set([
  'user',
  'password',
  'host',
  'port',
  'ssl',
  'sslmode',
  'sslcert',
  'sslkey',
  'sslrootcert',
  'sslnegotiation',
  'uselibpqcompat',
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'options',
  'connect_timeout',
  'statement_timeout',
  'lock_timeout',
  'query_timeout',
  'idle_in_transaction_session_timeout',
  'keepalives',
]);

/** Schemes that people write by mistake. Any other may be a password, and is not shown. */
const otherSchemes = new Set(['http', 'https', 'mysql', 'mariadb', 'sqlite', 'file', 'postgis', 'redis', 'mongodb']);

/** Parameters with few values. */
const values: Readonly<Record<string, readonly string[]>> = {
  ssl: ['true', '1', '0'],
  sslmode: ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'],
  sslnegotiation: ['postgres', 'direct'],
  uselibpqcompat: ['true', 'false'],
};

/**
 * What is wrong with a PostgreSQL URL, as the rest of a sentence that begins with its name. Nothing where it can be used.
 * Holds no part of the URL that may be a password.
 */
export function faultOfPostgresUrl(url: string): string | undefined {
  const scheme = /^[a-z][a-z\d+.-]*:\/\//i.exec(url)?.[0].toLowerCase();
  if (scheme !== 'postgres://' && scheme !== 'postgresql://') {
    const isHarmless = otherSchemes.has(scheme?.slice(0, -3) ?? '');
    return `must start with postgres:// or postgresql://${isHarmless ? `, not with ${scheme}` : ''}: ${example}`;
  }
  const [, authority = '', behind = ''] = /^([^/?#]*)(.*)$/s.exec(url.slice(scheme.length)) ?? [];
  // Behind the authority an @ is most likely that before the host, which a /, ? or # of the password has cut off.
  if (/[\s#]|%(?![\da-f]{2})/i.test(url) || behind.includes('@')) return unencoded;
  const parameters = new URLSearchParams(behind.split('?')[1]);
  return faultOfAuthority(authority, parameters.get('host')) ?? faultOfParameters(parameters);
}

function faultOfAuthority(authority: string, otherHost: string | null): string | undefined {
  const [, user = '', host = '', port] = /^(.*@)?(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(authority) ?? [];
  if (port !== undefined && !isPort(port)) return wrongPort;
  if (!host && !otherHost) return `names no host: ${example}`;
  if (host.includes(',')) return 'names several hosts: it may have one';
  const readable = `postgres://${user}${host || 'none'}`;
  if (!URL.canParse(readable)) return `cannot be read: ${example}`;
  const { username, password } = new URL(readable);
  return [username, password].every(isDecodable) ? undefined : unencoded;
}

function faultOfParameters(given: URLSearchParams): string | undefined {
  for (const [index, [name, value]] of [...given].entries()) {
    // Its name may be the end of a password with an & in it.
    if (!known.has(name)) {
      return `has an unknown parameter (number ${index + 1} behind the ?): correct its name, or write & in a value as %26`;
    }
    const allowed = values[name];
    if (allowed && !allowed.includes(value)) return `has a wrong ${name}: it must be one of ${allowed.join(', ')}`;
    if (name === 'port' && !isPort(value)) return wrongPort;
    if (name.endsWith('_timeout') && !/^\d{1,9}$/.test(value)) return `has a wrong ${name}: it must be a whole number`;
  }
  return undefined;
}

const wrongPort = 'has a port that is no whole number from 1 to 65535';

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
