import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { differenceOf, differences, type Way } from './differing.ts';
import { brokenElsewhere, isPossible, names, namesOfTls } from './names.ts';
import { mark } from './polluted.ts';
import { WayIn } from './way-in.ts';
import { WayOut } from './way-out.ts';

// Random values under names that somebody asks objects for. Each name with one value: test/system/pollution.nightly.test.ts.

const numRuns = Math.ceil(Number(process.env.FUZZ_REQUESTS || 6000) / 300);
const seed = Number(process.env.FUZZ_SEED || Date.now() % 1_000_000_000);

const { sockets, streams, validating } = brokenElsewhere;
const pollution = fc
  .record({
    name: fc.constantFrom(...names.filter((name) => ![...sockets, ...streams, ...validating].includes(name))),
    value: fc.jsonValue({ maxDepth: 2 }),
    isFunction: fc.boolean(),
  })
  .filter(isPossible);

describe.each(['HTTP/1.1', 'HTTP/2'] as const)(
  `a random member of Object.prototype over %s (seed ${seed})`,
  (protocol) => {
    const wayIn = new WayIn(protocol);
    const wayOut = new WayOut(protocol);
    afterAll(() => {
      wayIn.close();
      wayOut.close();
    });

    it.each<[string, Way]>([
      ['call', wayOut],
      ['answer', wayIn],
    ])(
      'changes no %s',
      async (_, way) => {
        const find = await differenceOf(way, false);
        const property = fc.asyncProperty(pollution, async (one) => expect(await find(one)).toBeUndefined());
        await fc.assert(property, { numRuns, seed, endOnFailure: true });
      },
      600_000,
    );
  },
);

describe('a member of Object.prototype that is an option of TLS', () => {
  const [wayOut, wayIn] = [new WayOut('TLS'), new WayIn('TLS')];
  afterAll(() => {
    wayOut.close();
    wayIn.close();
  });
  const usual = namesOfTls.filter((name) => !brokenElsewhere.handshakes.includes(name));
  const pollutions = usual.map((name) => ({ name, value: mark }));

  it.each([false, true])(
    'changes no call (upstreams made after it: %s)',
    async (made) => {
      expect(await differences(wayOut, pollutions, made)).toEqual([]);
    },
    120_000,
  );

  it.each([false, true])(
    'changes no answer (services started after it: %s)',
    async (made) => {
      const { validating, secureServers } = brokenElsewhere;
      const served = pollutions.filter(({ name }) => ![...validating, ...(made ? secureServers : [])].includes(name));
      expect(await differences(wayIn, served, made)).toEqual([]);
    },
    120_000,
  );
});
