import { styleText } from 'node:util';

// Each benchmark is a folder of its own with a main.ts that takes the remaining arguments.
const benchmarks: Readonly<Record<string, () => Promise<{ main(args: string[]): Promise<void> }>>> = {
  client: () => import('./client/main.ts'),
  service: () => import('./service/main.ts'),
  outage: () => import('./outage/main.ts'),
  cache: () => import('./cache/main.ts'),
  gateway: () => import('./gateway/main.ts'),
  hops: () => import('./hops/main.ts'),
  workers: () => import('./workers/main.ts'),
  start: () => import('./start/main.ts'),
  memory: () => import('./memory/main.ts'),
  compare: () => import('./compare/main.ts'),
};

const [name = '', ...args] = process.argv.slice(2);
const load = benchmarks[name];
if (load) {
  await (await load()).main(args);
} else {
  console.error(styleText('red', `usage: npm run bench -- ${Object.keys(benchmarks).join('|')} [options]`));
  process.exitCode = 2;
}
