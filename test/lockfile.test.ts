import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { publicPackages } from '../release/public-packages.ts';
import { root } from './source-files.ts';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>;
};

describe('the lockfile', () => {
  // npm leaves out what its registry doesn't have at the moment, and `npm ci` then fails for everybody.
  it('has every platform’s variant of a package', () => {
    const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies).filter((name) => !(`node_modules/${name}` in packages)),
    );
    expect(missing).toEqual([]);
  });

  it('names no registry', () => {
    expect(Object.entries(packages).filter(([, { resolved, link }]) => resolved && !link)).toEqual([]);
  });

  // Users must be able to patch what they install with our packages; nobody installs the rest but us.
  it('is for exact versions of what we ask for, and for ranges of what users install with our packages', () => {
    const published = publicPackages(root).map(({ folder }) => folder);
    const ours = Object.entries(packages).filter(([path, { link }]) => !path.includes('node_modules') && !link);
    const odd = ours.flatMap(([path, { dependencies = {}, devDependencies = {} }]) =>
      [...Object.entries(dependencies), ...Object.entries(devDependencies)]
        .filter(([name, version]) => {
          const isRange = name.startsWith('@parley/') || (published.includes(path) && name in dependencies);
          return !(isRange ? /^\^\d+\.\d+\.\d+$/ : /^(?:npm:[\w-]+@)?\d+\.\d+\.\d+$/).test(version);
        })
        .map(([name, version]) => `${path} → ${name} ${version}`),
    );
    expect(ours.length).toBeGreaterThan(7);
    expect(odd).toEqual([]);
  });
});
