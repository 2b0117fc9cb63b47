import { afterEach, expect, it } from '@jest/globals';
import { createClient } from '@parley/client';
import { always, failing, faults, hang, inMemoryUpstream, refused, slow, virtualClock } from '@parley/client/testing';
import { greetings } from '@parley/greetings';
import { createHandlers } from './handlers.ts';

const french = { language: 'fr', name: 'Français', template: 'Bonjour, {name} !' };
const handlers = { listGreetings: async () => ({ greetings: [french] }), getGreeting: async () => french };
const [clock, degraded] = [virtualClock(), { message: 'Hello, Ada!', degraded: 'greetings' }];
const upstream = inMemoryUpstream(greetings, handlers, { clock, replicas: 3, callTimeoutMs: 2_000 });
const { sayHello } = createHandlers({ greetings: createClient(greetings, upstream) });
const greet = () => clock.run(sayHello({ name: 'Ada', language: 'fr' }));
afterEach(() => clock.advance(600_000)); // circuits close, budgets fill

it('notices nothing of two failures, or of one replica that is slow', async () => {
  upstream.inject(faults(failing(2), slow(300)), { operation: 'getGreeting' });
  expect(await greet()).toEqual({ message: 'Bonjour, Ada !' });
});

it('says Hello while greetings is down, and greets in French once it is up', async () => {
  const end = upstream.inject(always(refused()));
  for (let i = 0; i < 50; i++) expect(await greet()).toEqual(degraded);
  end();
  await clock.advance(60_000);
  expect(await greet()).toEqual({ message: 'Bonjour, Ada !' });
});

it('says Hello after 2 s where greetings hangs', async () => {
  upstream.inject(always(hang()));
  const startedAtMs = clock.now();
  expect(await greet()).toEqual(degraded);
  expect(clock.now() - startedAtMs).toBeLessThanOrEqual(2_000);
});
