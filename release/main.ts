import { join, relative } from 'node:path';
import { pack } from './pack.ts';

const root = join(import.meta.dirname, '..');
const [command, ...options] = process.argv.slice(2);
try {
  if (command !== 'pack') throw new Error(`expected "npm run pack [FOLDER]", got "${command ?? ''}"`);
  const [folder = join(root, 'packed')] = options;
  for (const tarball of pack(root, folder)) console.log(relative('', tarball));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
