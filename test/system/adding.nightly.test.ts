import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, post } from '../public-api.ts';
import { type RunningSystem, startSystemIn } from '../running-system.ts';
import { copyRepository, type RepositoryCopy } from './repository-copy.ts';

const tsc = ['node_modules/typescript/bin/tsc', '-p', '.'];
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const parley = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning', 'packages/cli/src/main.ts'];
const add = [...parley, 'add'];
/** What `npm run gateway` writes. */
const isGenerated = (line: string) =>
  / (?:nginx\/(?:routes|upstreams|limits)\.conf|haproxy\/haproxy\.cfg|gateway\/table\.json)$/.test(line);
const tests = ['test/wiring.test.ts', 'test/docs.test.ts', 'test/architecture.test.ts', 'test/lockfile.test.ts'];

const additions = {
  async service(copy: RepositoryCopy) {
    await copy.node(...add, 'service', 'price-list'); // writes the gateway too
  },

  async 'operation of greetings'(copy: RepositoryCopy) {
    await copy.replace(
      'services/greetings/contract/contract.ts',
      '  getGreeting: get(',
      `  countGreetings: get('/api/greetings/{language}/count', {
    summary: 'How many greetings a language has',
    input: z.object({ language: z.string() }),
    output: z.object({ count: z.number() }),
  }),
  getGreeting: get(`,
    );
    await copy.replace(
      'services/greetings/handlers.ts',
      '  async getGreeting(',
      `  async countGreetings({ language }) {
    return { count: byLanguage.has(language) ? 1 : 0 };
  },

  async getGreeting(`,
    );
  },

  async 'operation of hello'(copy: RepositoryCopy) {
    await copy.replace(
      'services/hello/contract/contract.ts',
      '{ defineContract, get }',
      '{ defineContract, get, post }',
    );
    await copy.replace(
      'services/hello/contract/contract.ts',
      '  sayHello: get(',
      `  sayGoodbye: post('/api/hello', {
    summary: 'Says goodbye',
    input: z.object({ name: z.string() }),
    output: z.object({ message: z.string() }),
  }),
  sayHello: get(`,
    );
    await copy.replace(
      'services/hello/handlers.ts',
      '    async sayHello(',
      `    async sayGoodbye({ name }) {
      return { message: \`Goodbye, \${name}!\` };
    },
    async sayHello(`,
    );
  },

  async 'operation of guestbook'(copy: RepositoryCopy) {
    await copy.replace(
      'services/guestbook/contract/contract.ts',
      '  getVisit: get(',
      `  getName: get('/api/visits/{id}/name', {
    summary: 'Who came',
    input: z.object({ id }),
    output: z.object({ name: z.string() }),
    errors: [unknownVisit],
  }),
  getVisit: get(`,
    );
    await copy.replace(
      'services/guestbook/handlers.ts',
      '    async getVisit(',
      `    async getName({ id }) {
      const visit = await store.find(id);
      if (!visit) throw unknownVisit(\`no visit has the id \${id}\`);
      return { name: visit.name };
    },
    async getVisit(`,
    );
  },

  async layer(copy: RepositoryCopy) {
    await copy.write(
      'packages/client/src/call/announce.ts',
      `import type { CallLayer } from '../layer.ts';

/** Writes one line per call. */
export function announce(): CallLayer {
  return (next) =>
    function announce(call) {
      console.log(JSON.stringify({ msg: 'announced', label: call.label }));
      return next(call);
    };
}
`,
    );
    const pipeline = 'packages/client/src/pipeline.ts';
    await copy.replace(
      pipeline,
      'import { bearerToken }',
      "import { announce } from './call/announce.ts';\nimport { bearerToken }",
    );
    await copy.replace(
      pipeline,
      '    deadline(clock), //',
      '    announce(), // outermost but one: every call\n    deadline(clock), //',
    );
    await copy.replace(
      'ARCHITECTURE.md',
      '| 2 | `deadline` |',
      '| 2 | `announce` | – | every call |\n| 2 | `deadline` |',
    );
  },
};

describe('a copy of the repository with a new service, an operation more per service and a new layer', () => {
  let copy: RepositoryCopy;
  let system: RunningSystem;
  const changes: Record<string, readonly string[]> = {};

  beforeAll(async () => {
    copy = await copyRepository();
    for (const [what, add] of Object.entries(additions)) {
      await add(copy);
      await copy.node(...parley, 'gateway');
      changes[what] = copy.changes();
      copy.commit();
    }
    system = await startSystemIn(copy.folder);
  }, 120_000);
  afterAll(async () => {
    await system?.stop();
    await copy?.remove();
  }, 60_000);

  it('compiles', async () => {
    await copy.node(...tsc);
  }, 120_000);

  it('passes the tests of wiring, documents, architecture and lockfile', async () => {
    await copy.node(...jest, ...tests);
  }, 180_000);

  it('serves the new service behind the gateway', async () => {
    const { status, body } = await ask(system.url, '/api/price-list/1');
    expect([status, body]).toEqual([200, { id: '1', title: 'First' }]);
    expect((await ask(system.url, '/api/price-list/none')).body.type).toBe('urn:parley:problem:unknown_item');
  });

  it('needs for a service one command, which changes seven files that were there, and those of the gateway', () => {
    const changed = changes.service?.filter((line) => line.startsWith('M ')) ?? [];
    expect(changed.filter((line) => !isGenerated(line))).toHaveLength(7);
    expect(changed.filter(isGenerated)).toHaveLength(5);
  });

  it('serves the new operations behind the gateway', async () => {
    expect((await ask(system.url, '/api/greetings/fr/count')).body).toEqual({ count: 1 });
    expect((await post(system.url, '/api/hello', { name: 'Ada' })).body).toEqual({ message: 'Goodbye, Ada!' });
    const { headers } = await post(system.url, '/api/visits', { name: 'Ada' });
    const { status, body } = await ask(system.url, `${headers.location}/name`);
    expect([status, body]).toEqual([200, { name: 'Ada' }]);
  });

  it.each(['greetings', 'hello', 'guestbook'])(
    'needs two files for an operation of %s, and the gateway is written',
    (service) => {
      const changed = changes[`operation of ${service}`] ?? [];
      expect(changed.filter((line) => !isGenerated(line))).toHaveLength(2);
      expect(changed.filter(isGenerated).length).toBeGreaterThan(2);
    },
  );

  it('runs the new layer in every call of a service', async () => {
    expect((await ask(system.url, '/api/hello?language=fr')).status).toBe(200);
    expect(system.lines).toContainEqual(expect.objectContaining({ msg: 'announced', service: 'hello' }));
  });

  it('needs three files for a layer', () => {
    expect(changes.layer).toHaveLength(3);
  });

  it('refuses a service whose name is not valid or not free, and changes nothing', async () => {
    for (const name of ['', 'Prices', 'a--b', '../x', 'hello', 'gateway']) {
      await expect(copy.node(...add, 'service', name)).rejects.toThrow(/name must be|is there already/);
    }
    await expect(copy.node(...add, 'layer')).rejects.toThrow('expected "add service NAME');
    expect(copy.changes()).toEqual([]);
  });
});
