import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { manifestIn, publicPackages } from '../../release/public-packages.ts';
import { copyRepository, type RepositoryCopy } from '../system/repository-copy.ts';

describe('npm run release', () => {
  let copy: RepositoryCopy;
  const release = (...args: string[]) => copy.node('release/main.ts', 'release', ...args);

  beforeAll(async () => {
    copy = await copyRepository();
  });
  afterAll(() => copy.remove());

  it('shows with --dry-run what it would do, and changes nothing', async () => {
    const lines = (await release('--dry-run')).trim().split('\n');
    expect(lines).toContain(`would change CHANGELOG.md for ${manifestIn(copy.folder, '.').version}`);
    const published = lines.filter((line) =>
      /^would publish .*: \d+ files, .*, tag latest, with provenance$/.test(line),
    );
    expect(published.map((line) => line.split(/[ :]/)[2])).toEqual(publicPackages(copy.folder).map(({ name }) => name));
    expect(lines).not.toContainEqual(expect.stringContaining('the work tree has changes'));
    expect(copy.changes()).toEqual([]);
  });

  it('refuses a version that is none, or below the one before', async () => {
    await expect(release('next')).rejects.toThrow('expected a version such as');
    await expect(release('0.0.9')).rejects.toThrow('expected a version from 0.1.0 on, got 0.0.9');
    expect(copy.changes()).toEqual([]);
  });

  it('gives all packages one version, with ranges, lockfile and changelog to match', async () => {
    expect(await release('0.2.0')).toContain('Next: commit these, tag v0.2.0');
    for (const { folder, version } of publicPackages(copy.folder)) {
      const ranges = Object.entries(manifestIn(copy.folder, folder).dependencies ?? {});
      const ours = ranges.filter(([name, range]) => name.startsWith('@parley/') && range !== '^0.2.0');
      expect([folder, version, ours]).toEqual([folder, '0.2.0', []]);
    }
    expect(await readFile(join(copy.folder, 'CHANGELOG.md'), 'utf8')).toMatch(/^## 0\.2\.0 \(\d{4}-\d\d-\d\d\)$/m);
    // npm fails where the lockfile does not match.
    execFileSync('npm', ['ci', '--dry-run', '--ignore-scripts'], { cwd: copy.folder, stdio: 'ignore' });
  });

  it('publishes nothing from here, where no provenance can come from', async () => {
    copy.commit();
    const refused = release('0.2.0');
    await expect(refused).rejects.toThrow('there is no identity token');
    await expect(refused).rejects.toThrow('package.json has no repository');
  });
});
