export type { Pem } from '@parley/contract';
export { createProbesApp, type ProbesAppOptions } from './admin/probes-app.ts';
export { createApp } from './app.ts';
export type { AppOptions, MountedAppOptions } from './app-options.ts';
export type { Closeable } from './connections/drain.ts';
export type { ReadYourWritesOptions } from './handlers/read-your-writes.ts';
export type { IdempotencyOptions } from './idempotency/idempotency.ts';
export {
  type FoundAnswer,
  type IdempotencyStore,
  type KeptAnswer,
  type KeyedRequest,
  keyInUse,
  type Release,
} from './idempotency/idempotency-store.ts';
export { keyedAnswer } from './idempotency/keyed-call.ts';
export { type MemoryStoreOptions, memoryStore } from './idempotency/memory-store.ts';
export type { CorsOptions } from './middleware/cors.ts';
export type { ErrorMapping, ErrorReply, Failure } from './middleware/error-mapping.ts';
export type { HandlerContext, HandlersWith, ReadExtras } from './middleware/extras.ts';
export type { Mount, MountedApp, Mounts } from './middleware/mount-apps.ts';
export { ConfigError } from './process/config-error.ts';
export type { LogLevel } from './process/log-levels.ts';
export { createLogger, type LoggerOptions } from './process/logger.ts';
export { readConfig } from './process/read-config.ts';
export { run } from './process/run.ts';
export type { Environment, Settings } from './process/settings.ts';
export { entityTag, type VersionPart, version } from './replies/version.ts';
export type { Middleware } from './requests/either-version.ts';
export type { OperationOptions, OptionsOfOperations } from './requests/operation-options.ts';
export { serve } from './serve.ts';
export type { ServeAppOptions, ServeOptions } from './serve-options.ts';
export type { RunningService } from './server.ts';
export type { RefusedRequest, ServedRequest, ServiceListener, ServiceLoad } from './telemetry/service-events.ts';
export type { TlsOptions } from './tls/secure-context.ts';
export { tlsFromEnvironment } from './tls/tls-from-settings.ts';
export type { Authenticate, Authenticators, IdentifiedCaller, SentProof } from './tokens/own-schemes.ts';
export type { Jwks, TokenAlgorithm, TokenOptions } from './tokens/token-options.ts';
