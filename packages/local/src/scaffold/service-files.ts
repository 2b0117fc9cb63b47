import { identifierOf } from './names.ts';
import { readTemplates, type TemplateFiles } from './templates.ts';

/** What tests are written for. */
export type TestRunner = 'jest' | 'vitest' | 'node';

/** Where `describe`, `expect` and `it` come from. */
const importOf = { jest: '@jest/globals', vitest: 'vitest' } as const;

/**
 * The code of a new service, by path in its folder. It serves a list and its members from memory: `GET /api/NAME` and
 * `GET /api/NAME/{id}`. `contract` is the name of its contract's package.
 */
export function serviceFiles(name: string, contract: string, runner: TestRunner): TemplateFiles {
  const values = { name, contract, identifier: identifierOf(name) };
  const tests =
    runner === 'node'
      ? readTemplates('service-tests/node', values)
      : readTemplates('service-tests/expect', { ...values, runner: importOf[runner] });
  return { ...readTemplates('service', values), ...tests };
}
