import { describe, expect, it } from '@jest/globals';
import { faultOfPostgresUrl } from './postgres-url.ts';

describe('faultOfPostgresUrl', () => {
  it.each([
    'postgres://guestbook:for-development-only@database:5432/guestbook',
    'postgresql://host/name',
    'POSTGRES://host',
    'postgres://u:p%40ss%2Fw%23rd%25@host/name?sslmode=verify-full&sslrootcert=/ca.pem',
    'postgres://u:p@ss@host/name',
    'postgres://u:p:ss@[::1]:5432/name',
    'postgres://postgres@127.0.0.1:5432/postgres?options=-c%20search_path%3Dplace_1',
    'postgres:///name?host=/run/postgresql',
    'postgres://u:p@/name?host=/run/postgresql&port=5433',
    'postgres://%2Frun%2Fpostgresql/name',
    'postgres://host/name?statement_timeout=500',
  ])('finds none with %s', (url) => {
    expect(faultOfPostgresUrl(url)).toBeUndefined();
  });

  it.each([
    ['mysql://u:s3cret@host/name', 'must start with postgres:// or postgresql://, not with mysql://'],
    ['http://u:s3cret@host:5432/name', 'not with http://'],
    ['host=localhost password=s3cret', 'must start with postgres:// or postgresql://:'],
    ['u:s3cret@host/name', 'must start with'],
    ['postgres:u:s3cret@host/name', 'must start with'],
    ['postgres://', 'names no host'],
    ['postgres:///name', 'names no host'],
    ['postgres://u:s3cret@/name', 'names no host'],
    ['postgres://u:s3cret@:5432/name', 'names no host'],
    ['postgres://host:port/name', 'has a port that is no whole number from 1 to 65535'],
    ['postgres://host:0/name', 'has a port'],
    ['postgres://host:65536/name', 'has a port'],
    ['postgres://host:/name', 'has a port'],
    ['postgres://u:s3cret', 'has a port'],
    ['postgres://host/name?port=s3cret', 'has a port'],
    ['postgres://one,two/name', 'names several hosts'],
    ['postgres://host/name?sslmod=require', 'has an unknown parameter (number 1 behind the ?)'],
    ['postgres://host/name?user=u&password=a&s3cret', 'has an unknown parameter (number 3 behind the ?)'],
    ['postgres://host/name?s3cret=x', 'has an unknown parameter'],
    ['s3cret://host/name', 'must start with postgres:// or postgresql://: for'],
    ['postgres://host/name?sslmode=always', 'has a wrong sslmode: it must be one of disable, prefer'],
    ['postgres://host/name?ssl=yes', 'has a wrong ssl: it must be one of true'],
    ['postgres://host/name?statement_timeout=1s', 'has a wrong statement_timeout'],
    ['postgres://u:s3/cret@host/name', 'must be percent-encoded'],
    ['postgres://u:s3?cret@host/name', 'must be percent-encoded'],
    ['postgres://u:s3#cret@host/name', 'must be percent-encoded'],
    ['postgres://u:12/s3cret@host/name', 'must be percent-encoded'],
    ['postgres://u:s3%cret@host/name', 'must be percent-encoded'],
    ['postgres://u:s3%ffcret@host/name', 'must be percent-encoded'],
    ['postgres://u:s3 cret@host/name', 'must be percent-encoded'],
    ['postgres://u:s3cret@ho[st/name', 'cannot be read'],
  ])('says of %s that it %s', (url, fault) => {
    const found = faultOfPostgresUrl(url);
    expect(found).toContain(fault);
    expect(found).not.toMatch(/s3|cret/);
  });
});
