import house from '../package.json' with { type: 'json' };

/** The version that all packages of the house have. */
export const { version } = house;

/** How a service is called in code: `price-list` is `priceList`. */
export function identifierOf(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * The files of a new service, by their path in its folder. It serves a list and its members from memory:
 * `GET /api/NAME` and `GET /api/NAME/{id}`.
 */
export function serviceFiles(name: string): Readonly<Record<string, string>> {
  return {
    'contract/package.json': contractManifest(name),
    'contract/tsconfig.build.json': tsconfig,
    'contract/contract.ts': contract(name),
    'package.json': serviceManifest(name),
    'handlers.ts': handlers(name),
    'main.ts': main(name),
    'handlers.test.ts': handlersTest(name),
  };
}

/** What the contract of a new service depends on, by range: its callers install it. */
export const contractDependencies = { '@parley/contract': `^${version}`, zod: '^4.2.0' } as const;

/** What a new service depends on. */
export function serviceDependencies(name: string): Readonly<Record<string, string>> {
  const own = ['@parley/contract', `@parley/${name}`, '@parley/service'];
  return Object.fromEntries(own.sort().map((dependency) => [dependency, `^${version}`]));
}

function contractManifest(name: string): string {
  const manifest = {
    name: `@parley/${name}`,
    version,
    description: `Serves ${name}: the contract`,
    license: 'MIT',
    type: 'module',
    main: './dist/contract.js',
    types: './dist/contract.d.ts',
    exports: {
      '.': { '@parley/source': './contract.ts', types: './dist/contract.d.ts', default: './dist/contract.js' },
    },
    files: ['dist', '!dist/.tsbuildinfo'],
    scripts: { build: 'tsc -b tsconfig.build.json', prepack: 'npm run build' },
    dependencies: contractDependencies,
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function serviceManifest(name: string): string {
  const manifest = {
    name: `@parley/${name}-service`,
    private: true,
    description: `Serves ${name}`,
    license: 'MIT',
    type: 'module',
    dependencies: serviceDependencies(name),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

const tsconfig = `{
  "extends": "../../../packages/tsconfig.build.json",
  "compilerOptions": {
    "rootDir": "\${configDir}"
  },
  "include": ["\${configDir}/contract.ts"],
  "references": [
    {
      "path": "../../../packages/contract/tsconfig.build.json"
    }
  ]
}
`;

const contract = (name: string) => `import { defineContract, defineError, get } from '@parley/contract';
import { z } from 'zod';

const item = z.object({ id: z.string(), title: z.string() });

/** No item has this id. */
export const unknownItem = defineError('unknown_item', { status: 404, title: 'Unknown item' });

/** What this service does. */
export const ${identifierOf(name)} = defineContract('${name}', {
  listItems: get('/api/${name}', {
    summary: 'All items',
    output: z.object({ items: z.array(item) }),
  }),
  getItem: get('/api/${name}/{id}', {
    summary: 'One item',
    input: z.object({ id: z.string().min(1).max(64) }),
    output: item,
    errors: [unknownItem],
  }),
});
`;

const handlers = (name: string) => `import type { Handlers } from '@parley/contract';
import { type ${identifierOf(name)}, unknownItem } from '@parley/${name}';

const items = new Map([{ id: '1', title: 'First' }].map((item) => [item.id, item]));

/** Serves items from memory. */
export const handlers: Handlers<typeof ${identifierOf(name)}> = {
  async listItems() {
    return { items: [...items.values()] };
  },

  async getItem({ id }) {
    const item = items.get(id);
    if (!item) throw unknownItem(\`no item has the id "\${id}"\`);
    return item;
  },
};
`;

const main = (name: string) => `import { ${identifierOf(name)} } from '@parley/${name}';
import { run, serve } from '@parley/service';
import { handlers } from './handlers.ts';

await run(() => serve(${identifierOf(name)}, handlers));
`;

const handlersTest = (name: string) => `import { describe, expect, it } from '@jest/globals';
import { handlers } from './handlers.ts';

describe('${name}', () => {
  it('gives one item', async () => {
    expect(await handlers.getItem({ id: '1' })).toEqual({ id: '1', title: 'First' });
  });

  it('answers unknown_item to an id that no item has', async () => {
    await expect(handlers.getItem({ id: 'none' })).rejects.toMatchObject({ code: 'unknown_item' });
  });
});
`;
