import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { files, root } from '../../source-files.ts';

/** Without the indent: a page shows a part of a function from its margin on. */
const unindented = (code: string) => code.replace(/^ +/gm, '');

describe('docs/migrating-axios.md', () => {
  const page = readFileSync(join(root, 'docs/migrating-axios.md'), 'utf8');
  const sources = files('test/migration/axios').map((path) => unindented(readFileSync(join(root, path), 'utf8')));
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => unindented(code as string));

  it('shows code that is run here', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(10);
    expect(blocks.filter((block) => !sources.some((source) => source.includes(block)))).toEqual([]);
  });
});
