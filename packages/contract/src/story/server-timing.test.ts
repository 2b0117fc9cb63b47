import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firstHopMs, formatServerTiming, parseServerTiming } from './server-timing.ts';
import type { HopTime } from './story-event.ts';

describe('parseServerTiming', () => {
  it('reads what each service says of its time', () => {
    expect(parseServerTiming('hello;dur=12.3;own=8.2, greetings;own=4;dur=4.1;desc=x,guestbook; dur=3')).toEqual([
      { service: 'hello', tookMs: 12.3, ownMs: 8.2 },
      { service: 'greetings', tookMs: 4.1, ownMs: 4 },
      { service: 'guestbook', tookMs: 3, ownMs: undefined },
    ]);
  });

  it.each([
    [undefined],
    [''],
    ['cache;desc="hit"'],
    ['hello'],
    ['hello;dur='],
    ['hello;dur=-1'],
    ['hello;dur=1e9'],
    ['hello;dur=Infinity'],
    ['12;dur=1'],
    ['a b;dur=1'],
    [`${'x'.repeat(65)};dur=1`],
  ])('takes nothing from %j', (header) => {
    expect(parseServerTiming(header)).toEqual([]);
  });

  it('takes sixteen of them', () => {
    expect(parseServerTiming(Array<string>(100).fill('a;dur=1').join())).toHaveLength(16);
  });

  it('reads any text without an error, and gives only names and numbers', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.array(fc.string())), (header) => {
        for (const { service, tookMs, ownMs = 0 } of parseServerTiming(header)) {
          expect(service).toMatch(/^[\w-]{1,64}$/);
          expect(tookMs >= 0 && ownMs >= 0).toBe(true);
        }
      }),
    );
  });

  it('reads back what formatServerTiming says', () => {
    const tenths = fc.integer({ min: 0, max: 1_000_000 }).map((count) => count / 10);
    const hop: fc.Arbitrary<HopTime> = fc.record({
      service: fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/),
      tookMs: tenths,
      ownMs: fc.option(tenths, { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(hop, { maxLength: 16 }), (hops) =>
        expect(parseServerTiming(formatServerTiming(hops))).toEqual(hops),
      ),
    );
  });
});

describe('firstHopMs', () => {
  it.each([
    ['hello;dur=12.3;own=8.2, greetings;dur=4.1', 12.3],
    ['hello;dur=20', 20],
    ['cdn;desc=hit, other;dur=9', 0],
    ['', 0],
  ])('of %j is %d: the services after the first are part of its time', (header, ms) => {
    expect(firstHopMs(header)).toBe(ms);
  });
});
