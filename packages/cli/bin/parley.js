#!/usr/bin/env node
// In this repository Node runs the source, for which it needs a flag: `execve` starts it again, as the same process. Windows has no
// `execve`: there this needs `npm run build` first.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const needed = { major: 22, minor: 23 };
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < needed.major || (major === needed.major && minor < needed.minor)) {
  console.error(
    `@parley/cli: expected Node ${needed.major}.${needed.minor} or later, got ${process.version}: install that`,
  );
  process.exit(1);
}
const source = fileURLToPath(new URL('../src/main.ts', import.meta.url));
if (existsSync(source)) {
  const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
  process.execve?.(process.execPath, [process.execPath, ...flags, source, ...process.argv.slice(2)], process.env);
}
await import('../dist/main.js');
