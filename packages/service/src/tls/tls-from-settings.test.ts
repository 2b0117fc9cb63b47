import { describe, expect, it } from '@jest/globals';
import { tlsFromEnvironment } from './tls-from-settings.ts';

describe('tlsFromEnvironment', () => {
  it('names the files, as serve and createUpstream take them', () => {
    const env = { TLS_CERT_FILE: 'a.crt', TLS_KEY_FILE: 'a.key' };
    expect(tlsFromEnvironment(env)).toEqual({ cert: { file: 'a.crt' }, key: { file: 'a.key' } });
    expect(tlsFromEnvironment({ ...env, TLS_CA_FILE: 'ca.crt' })).toHaveProperty('ca', { file: 'ca.crt' });
  });

  it('is nothing where TLS is not set, and an error where half of it is', () => {
    expect(tlsFromEnvironment({})).toBeUndefined();
    expect(() => tlsFromEnvironment({ TLS_CA_FILE: 'ca.crt' })).toThrow('TLS_CA_FILE is set but');
  });
});
