#!/usr/bin/env node
import module from 'node:module';
import { compileCache } from './compile-cache.ts';

const needed = { major: 22, minor: 23 };
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < needed.major || (major === needed.major && minor < needed.minor)) {
  console.error(
    `@parley/local: expected Node ${needed.major}.${needed.minor} or later, got ${process.version}: install that`,
  );
  process.exit(1);
}
// What is imported from here on is kept compiled. Without it the launcher takes 0.2 s of CPU more before it starts anything.
const { NODE_COMPILE_CACHE: folder } = compileCache(process.cwd());
if (folder) module.enableCompileCache(folder);
const { runLocal } = await import('./run.ts');
process.exitCode = await runLocal(process.argv.slice(2));
