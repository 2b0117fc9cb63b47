import { describe, expect, it } from '@jest/globals';
import { invitation, table } from './table.ts';

describe('table', () => {
  it('puts the columns in line', () => {
    const rows = [
      { service: 'hello', replica: 'hello-1', state: 'ready', address: 'http://127.0.0.1:20001' },
      { service: 'greetings', replica: 'greetings-1', state: 'restarting', address: 'http://127.0.0.1:20003' },
    ];
    expect(table(rows)).toBe(
      [
        '  service    replica      state       address',
        '  hello      hello-1      ready       http://127.0.0.1:20001',
        '  greetings  greetings-1  restarting  http://127.0.0.1:20003',
      ].join('\n'),
    );
  });
});

describe('invitation', () => {
  it('says what to try and how to stop', () => {
    expect(invitation('http://localhost:8080')).toContain(
      "curl 'http://localhost:8080/api/hello?name=Alice&language=fr'",
    );
    expect(invitation('http://localhost:8080')).toContain('Ctrl-C');
  });
});
