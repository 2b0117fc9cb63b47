import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pack } from './pack.ts';
import { manifestIn } from './public-packages.ts';

/** What keeps the repository from being published, as sentences. */
export function obstacles(root: string, environment: NodeJS.ProcessEnv): readonly string[] {
  const changes = execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }).trim();
  const hasIdentity = environment.ACTIONS_ID_TOKEN_REQUEST_URL || environment.SIGSTORE_ID_TOKEN;
  return [
    ...(changes ? ['the work tree has changes: commit them, provenance names a commit'] : []),
    ...(manifestIn(root, '.').repository ? [] : ['package.json has no repository: provenance names it, so set it']),
    ...(hasIdentity
      ? []
      : ['there is no identity token: provenance comes from a CI job that may have one (id-token: write)']),
  ];
}

/**
 * Packs the public packages and publishes them with provenance, each after those that it depends on. A version with a
 * `-` gets the tag `next`.
 *
 * @param isDryRun asks npm what it would do, and publishes nothing
 * @returns a line for each package
 */
export function publish(root: string, version: string, isDryRun: boolean): readonly string[] {
  const tag = version.includes('-') ? 'next' : 'latest';
  const options = ['--provenance', '--access', 'public', '--tag', tag, '--json', ...(isDryRun ? ['--dry-run'] : [])];
  return pack(root, join(root, 'packed')).map((tarball) => {
    const output = execFileSync('npm', ['publish', tarball, ...options], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', isDryRun ? 'ignore' : 'inherit'],
    });
    const [published] = Object.values<{ name: string; size: number; files: readonly object[] }>(JSON.parse(output));
    if (!published) throw new Error(`expected what npm published of ${tarball}, got ${output}`);
    const { name, size, files } = published;
    return `${name}: ${files.length} files, ${Math.ceil(size / 1024)} KiB packed, tag ${tag}, with provenance`;
  });
}
