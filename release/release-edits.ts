import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, manifestIn } from './public-packages.ts';

/**
 * What a release changes in the repository: one version for all packages, with ranges to match among them, and the
 * heading of the changelog. Nothing where the repository is prepared already.
 *
 * @param date ISO 8601, for the changelog
 * @returns texts of the files that change, by path from the root
 * @throws Error where the version is none, or below today's, or the changelog has nothing on it
 */
export function releaseEdits(root: string, version: string, date: string): ReadonlyMap<string, string> {
  const rootManifest = manifestIn(root, '.');
  checkVersion(version, rootManifest.version ?? '0.0.0');
  const text = (path: string) => readFileSync(join(root, path), 'utf8');
  const edited = new Map<string, string>();
  edited.set('package.json', json({ ...rootManifest, version }));
  for (const folder of rootManifest.workspaces ?? []) {
    const manifest = released(manifestIn(root, folder), version);
    const { repository } = rootManifest;
    const isPublic = !manifest.private && repository;
    const placed = isPublic ? { ...manifest, repository: { ...repository, directory: folder } } : manifest;
    edited.set(join(folder, 'package.json'), json(placed));
  }
  edited.set('package-lock.json', json(releasedLockfile(JSON.parse(text('package-lock.json')), version)));
  edited.set('CHANGELOG.md', releasedChangelog(text('CHANGELOG.md'), version, date));
  return new Map([...edited].filter(([path, after]) => after !== text(path)));
}

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
const numbersOf = (version: string) => version.split(/[.-]/).slice(0, 3).map(Number);

function checkVersion(version: string, today: string): void {
  if (!/^\d+\.\d+\.\d+(-[0-9a-z.]+)?$/.test(version)) {
    throw new Error(`expected a version such as ${today}, got "${version}"`);
  }
  const [before, after] = [numbersOf(today), numbersOf(version)];
  const first = after.findIndex((number, index) => number !== before[index]);
  if (first >= 0 && Number(after[first]) < Number(before[first])) {
    throw new Error(`expected a version from ${today} on, got ${version}`);
  }
}

/** A manifest, or a workspace in the lockfile, with the version, and the ranges of our packages that fit it. */
function released<M extends Partial<Manifest>>(manifest: M, version: string): M {
  const withRanges = (ranges: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(ranges).map(([name, range]) => [name, name.startsWith('@parley/') ? `^${version}` : range]),
    );
  const { dependencies, devDependencies, peerDependencies } = manifest;
  return {
    ...manifest,
    ...(manifest.version !== undefined && { version }),
    ...(dependencies && { dependencies: withRanges(dependencies) }),
    ...(devDependencies && { devDependencies: withRanges(devDependencies) }),
    ...(peerDependencies && { peerDependencies: withRanges(peerDependencies) }),
  };
}

interface Lockfile {
  readonly packages: Readonly<Record<string, Partial<Manifest>>>;
}

function releasedLockfile(lockfile: Lockfile, version: string): object {
  const packages = Object.entries(lockfile.packages).map(([path, locked]) => {
    return [path, path.includes('node_modules') ? locked : released(locked, version)];
  });
  return { ...lockfile, version, packages: Object.fromEntries(packages) };
}

function releasedChangelog(text: string, version: string, date: string): string {
  if (text.includes(`\n## ${version} `)) return text;
  if (!text.includes('\n## Unreleased\n')) {
    throw new Error(
      `expected "## Unreleased" or "## ${version} (DATE)" in CHANGELOG.md: write what the release changes`,
    );
  }
  return text.replace('\n## Unreleased\n', () => `\n## ${version} (${date})\n`);
}
