import { afterAll, describe, expect, it } from '@jest/globals';
import { differences } from '../pollution/differing.ts';
import { brokenElsewhere, isPossible, names } from '../pollution/names.ts';
import { type Pollution, values } from '../pollution/polluted.ts';
import { WayIn } from '../pollution/way-in.ts';
import { WayOut } from '../pollution/way-out.ts';

// One member more in Object.prototype, in a process of its own: nothing of it reaches the wire, and calls and requests end as
// they do without it.

/** Each name once, with one of the values. `ALL_VALUES=1`: with each of them, which takes half an hour. */
const pollutions: readonly Pollution[] = names
  .flatMap((name, index) => {
    const chosen = process.env.ALL_VALUES ? values : values.slice(index % values.length).slice(0, 1);
    return chosen.map((value) => ({ name, ...value }));
  })
  .filter(isPossible);

const but = (...left: readonly string[][]) => pollutions.filter(({ name }) => !left.flat().includes(name));

const { sockets, streams, settings, handshakes, secureServers, listening, defining, validating } = brokenElsewhere;

/** What Node breaks itself on the way out. */
const leftOut = {
  'HTTP/1.1': { before: [], after: [] },
  'HTTP/2': { before: [sockets, streams], after: [streams, settings] },
  TLS: { before: [handshakes, streams], after: [handshakes, streams] },
};

describe.each(['HTTP/1.1', 'HTTP/2', 'TLS'] as const)(
  'a polluted Object.prototype over %s, on the way out',
  (protocol) => {
    const way = new WayOut(protocol);
    afterAll(() => way.close());
    const left = leftOut[protocol];

    it('changes no call over an upstream that was made before it', async () => {
      expect(await differences(way, but(...left.before), false)).toEqual([]);
    }, 240_000);

    it('changes no call over an upstream that was made after it', async () => {
      expect(await differences(way, but(defining, sockets, ...left.after), true)).toEqual([]);
    }, 240_000);
  },
);

describe.each(['HTTP/1.1', 'HTTP/2', 'TLS'] as const)(
  'a polluted Object.prototype over %s, on the way in',
  (protocol) => {
    const way = new WayIn(protocol);
    const ofTls = protocol === 'TLS' ? handshakes : [];
    afterAll(() => way.close());

    it('changes no answer of a service that was started before it', async () => {
      expect(await differences(way, but(sockets, streams, validating, ofTls), false)).toEqual([]);
    }, 240_000);

    it('changes no answer of a service that was started after it', async () => {
      expect(
        await differences(way, but(sockets, streams, listening, defining, validating, ofTls, secureServers), true),
      ).toEqual([]);
    }, 240_000);
  },
);
