import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../source-files.ts';

const page = readFileSync(join(root, 'docs/caching-conformance.md'), 'utf8');
const section = /^## What of RFC 9111 is shown by which test\n([\s\S]*)/m.exec(page)?.[1] ?? '';
const rows = [...section.matchAll(/^\| ([^|]+) \| (.+) \| ([^|]+) \|$/gm)].slice(1);

describe('the table of RFC 9111', () => {
  it('has every section that binds a cache', () => {
    const named = new Set(rows.map(([, name = '']) => name));
    const binding = ['2', '3', '3.1', '3.2', '3.3', '3.4', '3.5', '4', '4.1', '4.2', '4.2.1', '4.2.3', '4.2.4'];
    const further = ['4.3.1', '4.3.2', '4.3.3', '4.3.4', '4.3.5', '4.4', '5.1', '5.2.1', '5.2.2', '5.3', '5.4'];
    expect([...binding, ...further].filter((number) => !named.has(`§${number}`))).toEqual([]);
    for (const left of ['§4.2.2', '§5.5']) expect(section).toContain(left);
  });

  it('names tests that are there, at least one in each row', () => {
    const missing: string[] = [];
    for (const [, , requirement, shown = ''] of rows) {
      const tests = [...shown.matchAll(/\]\(\.\.\/(packages\/client\/src\/cache\/[\w-]+\.test\.ts)\) “([^”]+)”/g)];
      if (tests.length === 0) missing.push(`no test: ${requirement}`);
      for (const [, path = '', title] of tests) {
        const source = readFileSync(join(root, path), 'utf8');
        if (!source.includes(`'${title}'`)) missing.push(`${path}: ${title}`);
      }
    }
    expect(rows.length).toBeGreaterThan(30);
    expect(missing).toEqual([]);
  });
});
