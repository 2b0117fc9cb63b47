// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these variables are compose's, not JavaScript's
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { composeVariables } from './compose-file.ts';
import { readEnvFiles } from './env-files.ts';

const root = mkdtempSync(join(tmpdir(), 'parley-env-text-'));
afterAll(() => rmSync(root, { recursive: true }));

function variablesOf(text: string, environment = {}) {
  writeFileSync(join(root, '.env'), text);
  return composeVariables(root, environment);
}

describe('an environment file', () => {
  // What "docker compose config" of Compose 2.40 gives.
  it.each([
    ['A=abc#def', 'abc#def'],
    ['A=abc # comment', 'abc'],
    ['A= #x', '#x'],
    ['A=', ''],
    ['A =  v w  ', 'v w'],
    ['A: yaml', 'yaml'],
    ['export A=1', '1'],
    ['\ufeffA=1\r\n', '1'],
    ['# B\n\nA=ab"cd"ef', 'ab"cd"ef'],
    ['A="x \\t \\"q\\" \\\\ # no" # comment', 'x \t "q" \\ # no'],
    ["A='x \\n it\\'s' # comment", "x \\n it's"],
    ['A="one\ntwo"\nB=1', 'one\ntwo'],
    ['A=c:\\new', 'c:\\new'],
  ])('has comments, spaces and quotes: %j', (text, value) => {
    expect(variablesOf(text).A).toBe(value);
    expect(readEnvFiles(root, [{ path: '.env', isRequired: true }])?.A).toBe(value);
  });

  it.each([
    ['H=db\nA=http://${H}:80/$H', 'http://db:80/db'],
    ['H=db\nA="${H}"', 'db'],
    ["H=db\nA='${H}'", '${H}'],
    ['A=${NONE:-other}', 'other'],
    ['A=${OUTSIDE}', 'shell'],
    ['OUTSIDE=file\nA=${OUTSIDE}', 'shell'],
    ['A=a$$b', 'a$b'],
    ['A="\\$H"', '$H'],
    ['A=pa$5$', 'pa$5$'],
  ])('named .env has variables: %j', (text, value) => {
    expect(variablesOf(text, { OUTSIDE: 'shell' }).A).toBe(value);
  });

  it('of env_file has none', () => {
    writeFileSync(join(root, 'a.env'), 'H=db\nA=${H} $$\nB="\\$H"');
    expect(readEnvFiles(root, [{ path: 'a.env', isRequired: true }])).toEqual({ H: 'db', A: '${H} $$', B: '$H' });
  });

  it('passes over lines of another form', () => {
    expect(variablesOf('A\nsome words\nB=1')).toEqual({ B: '1' });
  });

  it('says what must be set', () => {
    expect(() => variablesOf('URL=http://${HOST:?name the host}')).toThrow('HOST must be set: name the host');
  });

  it.each(['PASSWORD=se${cret', 'PASSWORD="s3${not a name}x"'])(
    'shows nothing of a value that is not valid: %s',
    (text) => {
      expect(() => variablesOf(text)).toThrow(
        /^\.env: PASSWORD: expected variables such as \$\{NAME\}, got something else: write \$\$ for a dollar sign$/,
      );
    },
  );
});
