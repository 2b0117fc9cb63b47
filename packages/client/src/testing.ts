// For tests of code that calls services through this package: `@parley/client/testing`.
export {
  type FakeHandler,
  type FakeReply,
  type FakeRequest,
  type FakeUpstream,
  fakeUpstream,
} from './testing/fake-upstream.ts';
export type { FaultScope } from './testing/fault-injection.ts';
export {
  always,
  type Fault,
  type Faults,
  type FaultyAttempt,
  failing,
  faults,
  hang,
  lost,
  ok,
  problem,
  refused,
  reset,
  type StatusOptions,
  slow,
  status,
  times,
} from './testing/faults.ts';
export type { InMemoryReply, InMemoryRequest } from './testing/in-memory-message.ts';
export { type InMemoryOptions, type InMemoryUpstream, inMemoryUpstream } from './testing/in-memory-upstream.ts';
export { type InterceptedOptions, interceptedUpstream } from './testing/intercepted-upstream.ts';
export { seededRandom } from './testing/seeded-random.ts';
export { settled, type VirtualClock, virtualClock } from './testing/virtual-clock.ts';
