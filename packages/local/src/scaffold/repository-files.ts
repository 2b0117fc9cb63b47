import { builtInFiles } from '../gateways/gateway-files.ts';
import { readTemplates, type TemplateFiles } from './templates.ts';

/** Where the packages of Parley come from. */
export interface PackageSource {
  /** What the root's package.json says, by name of the package: a version, or `file:` and a tarball. */
  readonly specifiers: Readonly<Record<string, string>>;
  /** What the services' package.json say: the version of all of them. */
  readonly version: string;
}

/** Exact versions of what a new repository needs beside Parley. */
export const toolVersions = { zod: '4.6.7', typescript: '7.0.2', '@types/node': '24.19.2' } as const;

const served = new Map(['greetings', 'hello'].map((name) => [name, [`/api/${name}`]]));

/**
 * The files of a new repository, by path: the service `greetings`, its caller `hello`, and what runs, tests and checks them.
 * `scope` is the repository's name, and that of its packages: `shop` has the contract `@shop/hello` and its service `@shop/hello-service`.
 */
export function repositoryFiles(scope: string, source: PackageSource): TemplateFiles {
  const values = { name: 'greetings', identifier: 'greetings', contract: `@${scope}/greetings` };
  const { 'main.ts': main = '' } = readTemplates('service', values);
  const { version } = source;
  const own = { '@parley/contract': version, '@parley/service': version, [`@${scope}/greetings`]: '0.1.0' };
  const caller = { ...own, '@parley/client': version, [`@${scope}/hello`]: '0.1.0', zod: toolVersions.zod };
  return {
    'package.json': rootManifest(scope, source),
    ...readTemplates('repository', { scope }),
    ...inFolder('nginx', Object.fromEntries(builtInFiles(served))),
    'services/greetings/contract/package.json': contractManifest(scope, 'greetings', version),
    'services/greetings/package.json': serviceManifest(scope, 'greetings', own),
    'services/greetings/main.ts': main,
    'services/hello/contract/package.json': contractManifest(scope, 'hello', version),
    'services/hello/package.json': serviceManifest(scope, 'hello', caller),
  };
}

function inFolder(folder: string, files: TemplateFiles): TemplateFiles {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function rootManifest(scope: string, { specifiers }: PackageSource): string {
  const { '@parley/local': local, ...used } = specifiers;
  return json({
    name: scope,
    version: '0.1.0',
    private: true,
    type: 'module',
    workspaces: ['services/*/contract', 'services/*'],
    engines: { node: '>=22.19' },
    scripts: {
      // A shell that doesn't make way keeps a signal to itself.
      start: 'exec parley-local',
      test: 'node --test --disable-warning=ExperimentalWarning "services/**/*.test.ts"',
      types: 'tsc -p .',
      new: 'parley-local add',
    },
    dependencies: used,
    devDependencies: {
      '@parley/local': local,
      '@types/node': toolVersions['@types/node'],
      typescript: toolVersions.typescript,
    },
  });
}

function contractManifest(scope: string, name: string, version: string): string {
  return json({
    name: `@${scope}/${name}`,
    version: '0.1.0',
    private: true,
    description: `Serves ${name}: the contract`,
    type: 'module',
    exports: './contract.ts',
    dependencies: { '@parley/contract': version, zod: toolVersions.zod },
  });
}

function serviceManifest(scope: string, name: string, dependencies: Readonly<Record<string, string>>): string {
  return json({
    name: `@${scope}/${name}-service`,
    private: true,
    description: `Serves ${name}`,
    type: 'module',
    dependencies,
  });
}
