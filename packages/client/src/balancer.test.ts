import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rejection, scripted, someReply, someRequest } from '../test-fixtures/sample.ts';
import { balancer } from './balancer.ts';
import type { Endpoint } from './endpoint.ts';
import { seededRandom } from './testing/seeded-random.ts';

type Fake = Pick<Endpoint, 'address' | 'isEjected' | 'inFlight' | 'weight' | 'send'>;
const fake = (address: string, { isEjected = false, inFlight = 0, weight = 1 } = {}): Endpoint => {
  const endpoint: Fake = { address, isEjected, inFlight, weight, send: scripted(someReply()) };
  return endpoint as Endpoint;
};

async function chosen(endpoints: readonly Endpoint[], random: () => number, tried: string[] = []): Promise<string> {
  const request = someRequest({ tried: [...tried] });
  await balancer(() => endpoints, 'things', random)(request);
  return request.tried.at(-1) ?? '';
}

describe('balancer', () => {
  it('chooses the one with less in flight of two', async () => {
    const endpoints = [fake('a', { inFlight: 3 }), fake('b', { inFlight: 1 })];
    const random = seededRandom();
    for (let i = 0; i < 50; i++) expect(await chosen(endpoints, random)).toBe('b');
  });

  it('takes a weight for what it is: share of the choices, and of what is in flight', async () => {
    const random = seededRandom();
    const idle = [fake('a', { weight: 1 }), fake('b', { weight: 4 })];
    let chosenB = 0;
    for (let i = 0; i < 1_000; i++) if ((await chosen(idle, random)) === 'b') chosenB++;
    expect(chosenB).toBeGreaterThan(750);
    expect(chosenB).toBeLessThan(850);
    const busy = [fake('a', { weight: 1, inFlight: 2 }), fake('b', { weight: 4, inFlight: 7 })];
    for (let i = 0; i < 50; i++) expect(await chosen(busy, random)).toBe('b');
    const busier = [fake('a', { weight: 1, inFlight: 2 }), fake('b', { weight: 4, inFlight: 9 })];
    for (let i = 0; i < 50; i++) expect(await chosen(busier, random)).toBe('a');
  });

  it('compares two that differ', async () => {
    const endpoints = [fake('busiest', { inFlight: 9 }), fake('b'), fake('c'), fake('d')];
    const random = seededRandom();
    for (let i = 0; i < 500; i++) expect(await chosen(endpoints, random)).not.toBe('busiest');
  });

  it('spreads evenly over endpoints that are equally busy', async () => {
    const property = fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 8 }), async (seed, count) => {
      const endpoints = Array.from({ length: count }, (_, index) => fake(`${index}`));
      const random = seededRandom(seed);
      const counts = new Map<string, number>();
      for (let i = 0; i < count * 200; i++) {
        const address = await chosen(endpoints, random);
        counts.set(address, (counts.get(address) ?? 0) + 1);
      }
      for (const { address } of endpoints) {
        expect(counts.get(address)).toBeGreaterThan(120);
        expect(counts.get(address)).toBeLessThan(290);
      }
    });
    await fc.assert(property, { numRuns: 20 });
  });

  it('looks at two endpoints only, however many there are', async () => {
    let looks = 0;
    const endpoints = Array.from({ length: 1_000 }, (_, index) =>
      Object.defineProperty(fake(`${index}`), 'isEjected', { get: () => looks++ < 0 }),
    );
    await chosen(endpoints, seededRandom(), ['another']);
    expect(looks).toBe(2);
  });

  it('never chooses an ejected endpoint, tried or not', async () => {
    const endpoints = [fake('a', { isEjected: true }), fake('b', { inFlight: 99 }), fake('c', { isEjected: true })];
    const random = seededRandom();
    for (let i = 0; i < 50; i++) expect(await chosen(endpoints, random, i % 2 ? ['b'] : [])).toBe('b');
  });

  it('prefers one that this call has not tried, however busy', async () => {
    const endpoints = [fake('a'), fake('b'), fake('c', { inFlight: 99 })];
    const random = seededRandom();
    for (let i = 0; i < 50; i++) expect(await chosen(endpoints, random, ['a', 'b'])).toBe('c');
  });

  it('chooses again among all once the call has tried all', async () => {
    const endpoints = [fake('a', { inFlight: 1 }), fake('b')];
    expect(await chosen(endpoints, seededRandom(), ['a', 'b'])).toBe('b');
  });

  it('notes where each attempt went', async () => {
    const request = someRequest();
    const send = balancer(() => [fake('a')], 'things', Math.random);
    await send(request);
    await send({ ...request, attempt: 2 });
    expect(request.tried).toEqual(['a', 'a']);
  });

  it('is unavailable, never processed, where all are ejected', async () => {
    const endpoints = [fake('a', { isEjected: true }), fake('b', { isEjected: true })];
    const error = await rejection(balancer(() => endpoints, 'things', Math.random)(someRequest()));
    expect(error.message).toBe('[unavailable] GET /api/things/{id}: every endpoint of things is ejected');
    expect(error.isUnprocessed).toBe(true);
  });

  it('is unavailable, never processed, where no address is known', async () => {
    const cause = new Error('getaddrinfo ENOTFOUND things');
    const failed = await rejection(balancer(() => Promise.reject(cause), 'things', Math.random)(someRequest()));
    expect(failed).toMatchObject({ detail: 'no address of things is known', isUnprocessed: true, cause });
    const empty = await rejection(balancer(() => [], 'things', Math.random)(someRequest()));
    expect(empty).toMatchObject({ detail: 'no address of things is known', isUnprocessed: true });
  });
});
