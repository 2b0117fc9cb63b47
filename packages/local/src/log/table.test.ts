import { describe, expect, it } from '@jest/globals';
import { invitation, table } from './table.ts';

describe('table', () => {
  it('puts the columns in line', () => {
    const rows = [
      {
        service: 'hello',
        replica: 'hello-1',
        state: 'ready',
        address: 'http://127.0.0.1:20001',
        operators: 'http://127.0.0.1:20002',
      },
      { service: 'gateway', replica: 'nginx 1.30', state: 'ready', address: 'http://localhost:8080', operators: '' },
    ];
    expect(table(rows)).toBe(
      [
        '  service  replica     state  address                 operators',
        '  hello    hello-1     ready  http://127.0.0.1:20001  http://127.0.0.1:20002',
        '  gateway  nginx 1.30  ready  http://localhost:8080',
      ].join('\n'),
    );
  });
});

describe('invitation', () => {
  const url = 'http://localhost:8080';
  const list = { method: 'GET', path: '/orders', summary: 'All orders', needsInput: false };
  const one = { method: 'GET', path: '/orders/{id}', summary: 'One order', needsInput: true };
  const add = { method: 'POST', path: '/orders', summary: '', needsInput: true };

  it('lists what there is, what to try and how to stop', () => {
    expect(invitation(url, [one, add, list])).toBe(
      [
        '  GET     http://localhost:8080/orders/{id}  One order',
        '  POST    http://localhost:8080/orders',
        '  GET     http://localhost:8080/orders       All orders',
        '',
        'Try: curl http://localhost:8080/orders',
        'Stop with Ctrl-C.',
      ].join('\n'),
    );
  });

  it('names the docs of each service', () => {
    const docs = [{ service: 'hello', url: 'http://127.0.0.1:20002/docs' }];
    expect(invitation(url, [list], docs)).toContain('\nDocs of hello: http://127.0.0.1:20002/docs\nStop with');
  });

  it('says nothing of what is not there, and bounds a long list', () => {
    expect(invitation(url, [])).toBe('Stop with Ctrl-C.');
    expect(invitation(url, [one])).not.toContain('curl');
    expect(invitation(url, Array(25).fill(list))).toContain('\n  and 5 more\n');
  });
});
