// For tests of services: `@parley/service/testing`.
export type { LogLine } from './testing/captured-log.ts';
export {
  type InMemoryService,
  inMemoryService,
  type TestRequest,
  type TestResponse,
} from './testing/in-memory-service.ts';
export { type StartedService, type StartOptions, startService } from './testing/started-service.ts';
