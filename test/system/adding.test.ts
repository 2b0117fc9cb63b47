import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ask, post } from '../public-api.ts';
import { type RunningHouse, startHouseIn } from '../running-house.ts';
import { copyRepository, type RepositoryCopy } from './repository-copy.ts';

const tsc = ['node_modules/typescript/bin/tsc', '-p', '.'];
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

/** One copy and one house per thing that is added. */
function describeAdding(what: string, add: (copy: RepositoryCopy) => Promise<void>, tests: (house: House) => void) {
  describe(what, () => {
    const house = {} as { copy: RepositoryCopy; running: RunningHouse };
    beforeAll(async () => {
      house.copy = await copyRepository();
      await add(house.copy);
      house.running = await startHouseIn(house.copy.folder);
    }, 60_000);
    afterAll(async () => {
      await house.running?.stop();
      await house.copy?.remove();
    });

    it('compiles, and keeps what the tests of wiring, documents and architecture ask for', async () => {
      await house.copy.node(...tsc);
      await house.copy.node(
        ...jest,
        'test/wiring.test.ts',
        'test/docs.test.ts',
        'test/architecture.test.ts',
        'test/lockfile',
      );
    }, 120_000);

    tests(house);
  });
}

type House = { readonly copy: RepositoryCopy; readonly running: RunningHouse };

describeAdding(
  'a service that `npm run new service` added',
  async (copy) => {
    await copy.node('new/main.ts', 'service', 'price-list');
  },
  (house) => {
    it('answers behind the gateway', async () => {
      const { status, body } = await ask(house.running.url, '/api/price-list/1');
      expect([status, body]).toEqual([200, { id: '1', title: 'First' }]);
      expect((await ask(house.running.url, '/api/price-list/none')).body.type).toBe('urn:parley:problem:unknown_item');
    });

    it('changed six files that were there, none of them by hand', () => {
      expect(house.copy.changes().filter((line) => line.startsWith('M '))).toHaveLength(6);
    });
  },
);

describeAdding(
  'an operation below the path of its service',
  async (copy) => {
    await copy.replace(
      'services/guestbook/contract.ts',
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
  (house) => {
    it('answers behind the gateway', async () => {
      const { headers } = await post(house.running.url, '/api/visits', { name: 'Ada' });
      const { status, body } = await ask(house.running.url, `${headers.location}/name`);
      expect([status, body]).toEqual([200, { name: 'Ada' }]);
    });

    it('touched two files', () => {
      expect(house.copy.changes()).toHaveLength(2);
    });
  },
);

describeAdding(
  'a layer',
  async (copy) => {
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
  (house) => {
    it('runs in every call of a service', async () => {
      expect((await ask(house.running.url, '/api/hello?language=fr')).status).toBe(200);
      expect(house.running.lines).toContainEqual(expect.objectContaining({ msg: 'announced', service: 'hello' }));
    });

    it('touched three files', () => {
      expect(house.copy.changes()).toHaveLength(3);
    });
  },
);

describe('npm run new', () => {
  let copy: RepositoryCopy;
  beforeEach(async () => {
    copy = await copyRepository();
  });
  afterEach(async () => {
    await copy.remove();
  });

  it('changes nothing where the name is not valid or not free', async () => {
    for (const name of ['', 'Prices', 'a--b', '../x', 'hello', 'gateway']) {
      await expect(copy.node('new/main.ts', 'service', name)).rejects.toThrow(/name must be|is there already/);
    }
    await expect(copy.node('new/main.ts', 'layer')).rejects.toThrow('expected "npm run new service NAME"');
    expect(copy.changes()).toEqual([]);
  });
});
