import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { pack } from './pack.ts';
import { manifestIn } from './public-packages.ts';
import { obstacles, publish } from './publish.ts';
import { releaseEdits } from './release-edits.ts';

const root = join(import.meta.dirname, '..');
const usage = 'expected "npm run pack [-- FOLDER]" or "npm run release -- [VERSION] [--dry-run]"';

/** `npm run release -- [VERSION] [--dry-run]`: prepares the repository, or publishes it where it is prepared. */
function release(version: string, isDryRun: boolean): void {
  const edits = releaseEdits(root, version, new Date().toISOString().slice(0, 10));
  const refused = obstacles(root, process.env);
  if (isDryRun) {
    for (const path of edits.keys()) console.log(`would change ${path} for ${version}`);
    for (const line of publish(root, version, true)) console.log(`would publish ${line}`);
    for (const obstacle of refused) console.log(`would refuse to publish here: ${obstacle}`);
  } else if (edits.size > 0) {
    for (const [path, text] of edits) writeFileSync(join(root, path), text);
    console.log([...edits.keys()].join('\n'));
    console.log(`Next: commit these, tag v${version}, and let CI run "npm run release" on the tag.`);
  } else {
    if (refused.length > 0) throw new Error(refused.join('\n'));
    for (const line of publish(root, version, false)) console.log(`published ${line}`);
  }
}

try {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { 'dry-run': { type: 'boolean' } } });
  const [command, argument, ...more] = positionals;
  if (more.length > 0) throw new Error(usage);
  if (command === 'pack')
    for (const path of pack(root, argument ?? join(root, 'packed'))) console.log(relative('', path));
  else if (command === 'release') release(argument ?? manifestIn(root, '.').version ?? '', values['dry-run'] ?? false);
  else throw new Error(usage);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
