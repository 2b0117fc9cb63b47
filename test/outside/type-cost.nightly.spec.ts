import { expect, it } from '@jest/globals';
import { manyOperations } from './many-operations.ts';
import { installed, node, project } from './outside.ts';

it.each([
  ['in 30 contracts', 30, 10],
  ['in one contract', 1, 300],
])('300 operations %s take at most 600 000 instantiations on TypeScript 5.9', async (where, contracts, operations) => {
  const name = where.replaceAll(' ', '-');
  const folder = await project(name, { 'many.ts': manyOperations(contracts, operations) });
  const options =
    '--noEmit --strict --skipLibCheck --module nodenext --target es2023 --types node --diagnostics many.ts';
  const report = await node(folder, [installed('typescript-5.9/bin/tsc'), ...options.split(' ')]);
  const instantiations = Number(/^Instantiations: +(\d+)$/m.exec(report)?.[1]);
  expect(instantiations).toBeGreaterThan(0);
  expect(instantiations).toBeLessThanOrEqual(600_000);
});
