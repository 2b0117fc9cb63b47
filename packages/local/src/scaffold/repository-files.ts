import { builtInFiles } from '../gateways/gateway-files.ts';
import { readTemplates, type TemplateFiles } from './templates.ts';

/** Where the packages of Parley come from. */
export interface PackageSource {
  /** What the root's package.json says, by name of the package: a version, or `file:` and a tarball. */
  readonly specifiers: Readonly<Record<string, string>>;
  /** What the services' package.json say: the versions of all of them. */
  readonly range: string;
}

/** Exact versions of what a new repository needs beside Parley. */
export const toolVersions = { zod: '4.6.7', typescript: '7.0.2', '@types/node': '24.19.2' } as const;

/** Of the contracts of a new repository. */
const ownVersion = '0.1.0';
const served = new Map(['greetings', 'hello'].map((name) => [name, [`/api/${name}`]]));

/**
 * The files of a new repository, by path: the service `greetings`, its caller `hello`, and what runs, tests and checks them.
 * `scope` is the repository's name, and that of its packages: `shop` has the contract `@shop/hello` of `@shop/hello-service`.
 */
export function repositoryFiles(scope: string, source: PackageSource): TemplateFiles {
  const values = { name: 'greetings', identifier: 'greetings', contract: `@${scope}/greetings` };
  const { 'main.ts': main = '' } = readTemplates('service', values);
  const contract = { '@parley/contract': source.range, zod: toolVersions.zod };
  const own = { '@parley/contract': source.range, '@parley/service': source.range };
  const greetings = { [`@${scope}/greetings`]: ownVersion };
  const hello = { '@parley/client': source.range, ...own, ...greetings, [`@${scope}/hello`]: ownVersion };
  return {
    'package.json': rootManifest(scope, source),
    ...readTemplates('repository', { scope }),
    ...inFolder('nginx', Object.fromEntries(builtInFiles(served))),
    'services/greetings/contract/package.json': contractManifest(scope, 'greetings', contract),
    'services/greetings/package.json': serviceManifest(scope, 'greetings', { ...own, ...greetings }),
    'services/greetings/main.ts': main,
    'services/hello/contract/package.json': contractManifest(scope, 'hello', { ...contract, ...greetings }),
    'services/hello/package.json': serviceManifest(scope, 'hello', { ...hello, zod: toolVersions.zod }),
  };
}

function inFolder(folder: string, files: TemplateFiles): TemplateFiles {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function rootManifest(scope: string, { specifiers }: PackageSource): string {
  const { '@parley/local': local, '@parley/cli': cli, ...used } = specifiers;
  return json({
    name: scope,
    private: true,
    type: 'module',
    workspaces: ['services/*/contract', 'services/*'],
    engines: { node: '>=22.23' },
    scripts: {
      // A shell that doesn't make way keeps a signal to itself.
      start: 'exec parley-local',
      test: 'node --test --disable-warning=ExperimentalWarning "services/**/*.test.ts"',
      types: 'tsc -p .',
      new: 'parley add',
    },
    dependencies: used,
    devDependencies: {
      // Without it `npx parley` would run a package of that name by somebody else.
      '@parley/cli': cli,
      '@parley/local': local,
      '@types/node': toolVersions['@types/node'],
      typescript: toolVersions.typescript,
    },
  });
}

function contractManifest(scope: string, name: string, dependencies: Readonly<Record<string, string>>): string {
  return json({
    name: `@${scope}/${name}`,
    version: ownVersion,
    private: true,
    description: `Serves ${name}: the contract`,
    type: 'module',
    exports: './contract.ts',
    dependencies,
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
