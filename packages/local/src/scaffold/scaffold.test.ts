import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { addOperation } from './add-operation.ts';
import { runScaffold } from './command.ts';
import { readManifest, readRepository } from './repository.ts';
import { toolVersions } from './repository-files.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const { version } = readManifest(join(repository, 'packages/local'));
let home: string;
let shop: string;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'parley-scaffold-'));
  shop = join(home, 'shop');
  await runScaffold(['init', shop, '--no-install'], home);
});
afterEach(() => rmSync(home, { recursive: true }));

const text = (path: string) => readFileSync(join(shop, path), 'utf8');
const put = (path: string, content: string) => writeFileSync(join(shop, path), content);
const inShop = (...args: string[]) => runScaffold(args, shop);

describe('init', () => {
  it('takes the packages in its own version, and the tools in the versions of this repository', () => {
    const { devDependencies } = readManifest(repository);
    expect(readManifest(shop).devDependencies).toEqual({
      '@parley/cli': `^${version}`,
      '@parley/local': `^${version}`,
      '@types/node': devDependencies?.['@types/node'],
      typescript: devDependencies?.typescript,
    });
    const { zod } = readManifest(join(repository, 'packages/contract')).devDependencies ?? {};
    expect(toolVersions.zod).toBe(zod);
  });

  it.each([
    [['init'], 'expected "init FOLDER [--packages FOLDER] [--no-install]", got "init"'],
    [['init', 'a', 'b'], 'expected "init FOLDER'],
    [['init', 'Shop'], 'name must be 1 to 30 small letters'],
    [['init', 'x', '--package', '.'], "Unknown option '--package': expected \"init FOLDER"],
    [['init', 'x', '--packages', '/nowhere'], `expected parley-contract-${version}.tgz in /nowhere, found none`],
  ])('refuses %j', async (args, sentence) => {
    await expect(runScaffold(args, home)).rejects.toThrow(sentence);
    expect(existsSync('x')).toBe(false);
  });

  it('refuses a folder that has files', async () => {
    await expect(runScaffold(['init', shop, '--no-install'], home)).rejects.toThrow('expected an empty folder or none');
  });
});

describe('add service', () => {
  it('makes one that looks like the others, and wires it in', async () => {
    expect((await inShop('add', 'service', 'price-list')).split('\n').slice(0, -1)).toEqual([
      ...['contract/', ''].map((folder) => `services/price-list/${folder}package.json`),
      ...['contract/contract.ts', 'handlers.ts', 'main.ts', 'handlers.test.ts'].map(
        (file) => `services/price-list/${file}`,
      ),
      'package.json',
      'docker-compose.yml',
      'nginx/upstreams.conf',
      'nginx/routes.conf',
    ]);
    expect(readManifest(join(shop, 'services/price-list'))).toMatchObject({
      name: '@shop/price-list-service',
      description: 'Serves price-list',
      dependencies: {
        '@parley/contract': `^${version}`,
        '@parley/service': `^${version}`,
        '@shop/price-list': '0.1.0',
      },
    });
    expect(readManifest(join(shop, 'services/price-list/contract'))).toMatchObject({
      name: '@shop/price-list',
      dependencies: readManifest(join(shop, 'services/greetings/contract')).dependencies,
    });
    expect(text('docker-compose.yml')).toContain(`
  price-list:
    <<: *service
    image: shop/price-list
    build: { context: ., args: { SERVICE: price-list } }
    environment: *environment
`);
    expect(text('docker-compose.yml')).toContain('      price-list: { condition: service_healthy }\n');
    expect(text('nginx/routes.conf')).toContain('location = /api/price-list { proxy_pass http://price-list; }\n');
    expect(text('services/price-list/contract/contract.ts')).toContain(
      "export const priceList = defineContract('price-list', {",
    );
    expect(existsSync(join(shop, 'node_modules/@shop/price-list/contract.ts'))).toBe(true);
  });

  it.each([
    ['jest', '@jest/globals'],
    ['vitest', 'vitest'],
  ])('writes its tests for %s where the repository has it', async (runner, imported) => {
    put('package.json', JSON.stringify({ ...readManifest(shop), devDependencies: { [runner]: '1.0.0' } }));
    await inShop('add', 'service', 'prices');
    expect(text('services/prices/handlers.test.ts')).toContain(`from '${imported}';`);
  });

  it('names the file that holds no JSON', async () => {
    put('services/hello/package.json', '{ "dependencies": {}, }');
    await expect(inShop('add', 'service', 'prices')).rejects.toThrow(
      'services/hello/package.json: expected JSON, got ',
    );
  });

  it('refuses a name that is not valid or not free, and a repository without a service', async () => {
    for (const name of ['', 'Prices', 'a--b', '../x', 'hello', 'gateway']) {
      await expect(inShop('add', 'service', name)).rejects.toThrow(/name must be|is there already/);
    }
    expect(readRepository(shop).services).toEqual(['greetings', 'hello']);
    await expect(runScaffold(['add', 'service', 'prices'], home)).rejects.toThrow(
      'expected a service of @parley/service',
    );
  });
});

describe('add operation', () => {
  it('adds it to contract and handlers, and a route where none leads there', async () => {
    expect((await inShop('add', 'operation', 'hello', 'countCalls')).split('\n').slice(0, -1)).toEqual([
      'services/hello/contract/contract.ts',
      'services/hello/handlers.ts',
    ]);
    expect(text('services/hello/contract/contract.ts')).toContain("  countCalls: get('/api/hello/count-calls', {\n");
    expect(text('services/hello/handlers.ts')).toContain(
      '    async countCalls({ text }) {\n      return { text };\n    },\n  };\n}',
    );
    put('nginx/routes.conf', 'location = /api/hello { proxy_pass http://hello; }\n');
    await inShop('add', 'operation', 'hello', 'more');
    expect(text('nginx/routes.conf')).toContain('location = /api/hello/more { proxy_pass http://hello; }\n');
  });

  it.each([
    [
      ['hello', 'sayHello'],
      'services/hello/contract/contract.ts has sayHello already: change it there, or choose another name',
    ],
    [['hello', 'count-calls'], 'operation must be a name such as countItems, not "count-calls"'],
    [['helo', 'more'], 'expected services/helo/contract/contract.ts, found none'],
    [['hello'], 'expected "add service NAME, or add operation SERVICE NAME", got "add operation hello"'],
  ])('refuses %j', async (names, sentence) => {
    await expect(inShop('add', 'operation', ...names)).rejects.toThrow(sentence);
  });

  it('says of the second time that the operation is there', async () => {
    await inShop('add', 'operation', 'hello', 'more');
    await expect(inShop('add', 'operation', 'hello', 'more')).rejects.toThrow('has more already');
  });

  it.each(['greetings', 'hello', 'guestbook'])('fits %s of this repository', (service) => {
    cpSync(join(repository, 'services', service), join(home, 'services', service), { recursive: true });
    expect(addOperation(home, service, 'countCalls')).toHaveLength(2);
  });

  it('finds the object of the handlers behind functions and objects of another use', async () => {
    const before = `export function createHandlers(orders: Orders): Handlers<typeof hello> {
  const known = {
    tea: 1,
  };
  const find = async (id: string) => {
    if (id in known) {
      return {
        id,
      };
    }
    return orders.get(id);
  };
  return {
    sayHello: ({ name }) => find(name),
`;
    put('services/hello/handlers.ts', `${before}  };\n}\n`);
    await inShop('add', 'operation', 'hello', 'more');
    expect(text('services/hello/handlers.ts')).toBe(
      `${before}\n    async more({ text }) {\n      return { text };\n    },\n  };\n}\n`,
    );
  });

  it('changes nothing where one of the files is not as the template writes it', async () => {
    const contract = text('services/hello/contract/contract.ts');
    put('services/hello/handlers.ts', 'export const handlers = {};\n');
    await expect(inShop('add', 'operation', 'hello', 'more')).rejects.toThrow(
      'services/hello/handlers.ts is not as the template writes it, with an object below "Handlers<typeof …>": add the operation by hand',
    );
    expect(text('services/hello/contract/contract.ts')).toBe(contract);
  });
});

describe('add, in a repository with a policy', () => {
  const policy = 'services:\n  hello: { contract: "@shop/hello" }\n';
  const routes = () => text('nginx/routes.conf');

  it('names the contract of a new service in the policy, and leaves what is generated to parley', async () => {
    mkdirSync(join(shop, 'gateway'));
    put('gateway/policy.yaml', policy);
    const before = routes();
    const said = await inShop('add', 'service', 'prices');
    expect(said).toContain('\nNext: npx parley gateway; npm start, then');
    expect(said).not.toContain('nginx/');
    expect(text('gateway/policy.yaml')).toBe(`${policy}  prices: { contract: "@shop/prices" }\n`);
    await inShop('add', 'operation', 'hello', 'more');
    expect(routes()).toBe(before);
  });

  it('refuses a policy without services', async () => {
    mkdirSync(join(shop, 'gateway'));
    put('gateway/policy.yaml', 'clients: {}\n');
    await expect(inShop('add', 'service', 'prices')).rejects.toThrow('expected "services:" in gateway/policy.yaml');
  });
});
