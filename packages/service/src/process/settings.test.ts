import { availableParallelism } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.ts';
import { readSettings, workerCount } from './settings.ts';

describe('settings', () => {
  it('have defaults for all', () => {
    expect(readSettings({})).toEqual({
      host: '0.0.0.0',
      adminHost: '0.0.0.0',
      port: 3000,
      adminPort: 9000,
      acceptBacklog: 4096,
      workers: 1,
      logLevel: 'info',
      drainDelayMs: 2000,
      drainTimeoutMs: 10_000,
    });
  });

  it('come from the environment', () => {
    const env = {
      HOST: '::1',
      ADMIN_HOST: '127.0.0.1',
      PORT: '0',
      ADMIN_PORT: '1',
      ACCEPT_BACKLOG: '1024',
      WORKERS: 'auto',
      LOG_LEVEL: 'warn',
      TRUSTED_PROXIES: '10.0.0.7, fd00::/8',
      DRAIN_DELAY_MS: '2',
      DRAIN_TIMEOUT_MS: '3',
      TLS_CERT_FILE: 'a.crt',
      TLS_KEY_FILE: 'a.key',
      TLS_CA_FILE: 'ca.crt',
      TOKEN_ISSUER: 'https://issuer.test',
      TOKEN_JWKS_URL: 'https://issuer.test/jwks',
      TOKEN_AUDIENCE: 'visits',
    };
    expect(readSettings(env)).toEqual({
      host: '::1',
      adminHost: '127.0.0.1',
      port: 0,
      adminPort: 1,
      acceptBacklog: 1024,
      workers: 'auto',
      logLevel: 'warn',
      trustedProxies: ['10.0.0.7', 'fd00::/8'],
      drainDelayMs: 2,
      drainTimeoutMs: 3,
      tlsCertFile: 'a.crt',
      tlsKeyFile: 'a.key',
      tlsCaFile: 'ca.crt',
      tokenIssuer: 'https://issuer.test',
      tokenJwksUrl: 'https://issuer.test/jwks',
      tokenAudience: 'visits',
    });
  });

  it('treat an empty variable as unset', () => {
    expect(readSettings({ PORT: '', HOST: '', LOG_LEVEL: '' })).toEqual(readSettings({}));
  });

  it('can be overridden in code', () => {
    expect(readSettings({ PORT: '4000' }, { port: 5 }).port).toBe(5);
  });

  it('say of every wrong one what was expected, what came and what to do', () => {
    const read = () => readSettings({ PORT: '70000', DRAIN_DELAY_MS: '-1', LOG_LEVEL: 'loud' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      'PORT must be a whole number from 0 to 65535, not "70000"; ' +
        'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"; ' +
        'DRAIN_DELAY_MS must be a whole number from 0 to 2147483647, not "-1": correct it in the environment, or leave it out',
    );
  });

  it.each(['0', '65', '1.5', '-2', 'all', '0x2'])('refuse %j workers', (text) => {
    expect(() => readSettings({ WORKERS: text })).toThrow('WORKERS must be auto or a whole number from 1 to 64, not');
  });

  it('refuse a number of workers in code as in the environment', () => {
    expect(() => readSettings({}, { workers: 2.5 })).toThrow(
      'WORKERS must be auto or a whole number from 1 to 64, not 2.5',
    );
  });

  it('have a worker for each core that the process may use, if it may choose', () => {
    expect(workerCount({ workers: 'auto' })).toBe(Math.min(64, availableParallelism()));
    expect(workerCount({ workers: 3 })).toBe(3);
  });

  it('have the operators’ port on the same address by default', () => {
    expect(readSettings({ HOST: '::1' }).adminHost).toBe('::1');
    expect(readSettings({}, { host: '127.0.0.1' }).adminHost).toBe('127.0.0.1');
  });

  it.each([
    [{ TLS_CERT_FILE: 'a' }, 'TLS_CERT_FILE is set but TLS_KEY_FILE is not'],
    [{ TLS_KEY_FILE: 'a' }, 'TLS_KEY_FILE is set but TLS_CERT_FILE is not'],
    [{ TLS_CA_FILE: 'a' }, 'TLS_CA_FILE is set but TLS_CERT_FILE and TLS_KEY_FILE are not'],
  ])('refuse %j, rather than serve in cleartext', (env, sentence) => {
    expect(() => readSettings(env)).toThrow(sentence);
  });

  it.each(['gateway', '1', '10.0.0.7,', '10.0.0.0/33'])('refuse the trusted proxies %j', (proxies) => {
    expect(() => readSettings({ TRUSTED_PROXIES: proxies })).toThrow(
      'TRUSTED_PROXIES must hold IP addresses (10.0.0.7)',
    );
  });

  const issuer = { TOKEN_ISSUER: 'https://issuer.test' };
  const both = { TOKEN_JWKS_URL: 'https://issuer.test/jwks', TOKEN_JWKS_FILE: 'jwks.json' };
  it.each([
    [issuer, 'TOKEN_ISSUER is set but TOKEN_JWKS_URL is not'],
    [{ TOKEN_JWKS_URL: both.TOKEN_JWKS_URL }, 'TOKEN_JWKS_URL is set but TOKEN_ISSUER is not'],
    [{ TOKEN_JWKS_FILE: 'a' }, 'TOKEN_JWKS_FILE is set but TOKEN_ISSUER is not'],
    [{ TOKEN_AUDIENCE: 'a' }, 'TOKEN_AUDIENCE is set but TOKEN_ISSUER is not'],
    [{ ...issuer, ...both }, 'TOKEN_JWKS_URL and TOKEN_JWKS_FILE are both set: keep one'],
    [{ ...issuer, TOKEN_JWKS_URL: '/jwks' }, 'TOKEN_JWKS_URL must be an http(s) address, not "/jwks"'],
    [{ ...issuer, TOKEN_JWKS_URL: 'file:///jwks' }, 'TOKEN_JWKS_URL must be an http(s) address'],
  ])('refuse %j, rather than half of it', (env, sentence) => {
    expect(() => readSettings(env)).toThrow(sentence);
  });

  it.each(['PORT', 'ADMIN_PORT', 'LOG_LEVEL', 'DRAIN_DELAY_MS', 'TOKEN_JWKS_URL'])(
    'show no password of an address that is put into %s',
    (name) => {
      const env = { TOKEN_ISSUER: 'https://issuer.test', TOKEN_JWKS_URL: 'https://issuer.test/jwks' };
      const read = () => readSettings({ ...env, [name]: 'https://user:s3cret@database/x' });
      expect(read).toThrow(name);
      expect(read).not.toThrow('s3cret');
    },
  );

  it.each(['1.5', '0x10', ' 80', 'http', '1e3'])('refuse the port %j', (PORT) => {
    expect(() => readSettings({ PORT })).toThrow(/PORT must be/);
  });
});
