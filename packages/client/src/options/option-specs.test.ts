import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { optionSpecs } from './option-specs.ts';

const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const fixed = Object.entries(optionSpecs).flatMap(([name, spec]) => ('fixed' in spec ? [`\`${name}\``] : []));

it('names the options that cannot be changed in the README and in the comment of configure', () => {
  const last = fixed.at(-1);
  expect(text('../../README.md')).toContain(`\n${fixed.slice(0, -1).join(', ')} and ${last} cannot be changed: `);
  expect(text('../upstream.ts')).toContain(`an option that cannot be changed (${fixed.join(', ')})`);
});
