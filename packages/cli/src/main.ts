import { existsSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';

// What is imported from here on is kept compiled, as the launcher does it: a command takes half of the CPU then.
const modules = join(process.cwd(), 'node_modules');
if (existsSync(modules)) module.enableCompileCache(join(modules, '.cache', 'node-compile-cache'));
const { parley } = await import('./parley.ts');
process.exitCode = await parley(process.argv.slice(2));
