export { AttemptsLeft, parseAttemptsLeft } from './attempts-left.ts';
export { boundedText } from './bounded-text.ts';
export { cacheControl } from './cache-control.ts';
export {
  type CallContext,
  type CallerIdentity,
  currentContext,
  now,
  type Principal,
  type Priority,
  priorities,
  runInContext,
} from './call-context.ts';
export { CallError, type CallErrorDetails, isCallError } from './call-error.ts';
export type {
  CallOptions,
  CallOptionsOf,
  RepeatOptions,
  StreamCallOptions,
  StreamCallOptionsOf,
} from './call-options.ts';
export {
  type Client,
  type Contract,
  defineContract,
  type Explained,
  type ExplainingClient,
  type Handler,
  type Handlers,
  type Operations,
  type StreamHandler,
} from './contract.ts';
export { type AnyDefinedError, type DefinedError, type DefinedErrorOptions, defineError } from './defined-error.ts';
export { type CodeMeaning, type ErrorCode, errorCodes, isErrorCode } from './error-codes.ts';
// Symbols below matter to those who write a client or a server kit, not to those who write a contract.
export { framings } from './framings.ts';
export { gradientOf, gradientStep, isLimitTested } from './gradient2.ts';
export { headerNames } from './header-names.ts';
export { idempotencyKeyHeader, idempotencyKeyOf } from './idempotency-key.ts';
export type { Issue } from './issue.ts';
export { formatLoadReport, type ReportedLoad, reportedUtilization } from './load-report.ts';
export { openapi } from './openapi.ts';
export {
  type Auth,
  type BodyLimits,
  type CachePolicy,
  del,
  get,
  type HeaderBinding,
  type Method,
  type Operation,
  type OperationOptions,
  patch,
  post,
  put,
  type Safety,
} from './operation.ts';
export { pathPattern } from './path-pattern.ts';
export { type PathTemplate, pathTemplate } from './path-template.ts';
export { hasPem, isPemFile, type Pem, type PemFile, pemText } from './pem.ts';
export { errorOfReply, type Problem, problemMediaType, problemOf } from './problem.ts';
export { type PublicError, publicError } from './public-error.ts';
export { type QueryOptions, queryParser } from './query-parser.ts';
export {
  addReceivedContext,
  type MutableContext,
  type ReceivedHeaders,
  requestedTimeoutMs,
  requestIdOf,
} from './received-context.ts';
export { type FindRoute, type FoundRoute, type HasOperation, routeFinder } from './route-finder.ts';
export type { InputOf, OutputOf, Schema, Validation } from './schema.ts';
export { jsonSchemaOf, validate } from './schema.ts';
export { firstHopMs, formatServerTiming, parseServerTiming } from './server-timing.ts';
export { acceptInput, acceptOutput, type OperationReply, replyOf } from './serving.ts';
export { Story, type StoryData } from './story.ts';
export type {
  AttemptMade,
  BackedOff,
  CallEnded,
  CircuitOpened,
  EndpointChosen,
  EndpointsKnown,
  FlightJoined,
  GaveUp,
  HedgeSent,
  HedgeSettled,
  HopTime,
  Obstacle,
  Queued,
  ScoredEndpoint,
  StoryEvent,
} from './story-event.ts';
export { type Framing, isStream, type Stream, stream } from './stream.ts';
export type { StreamFrame, StreamFraming, StreamLimits, StreamParser } from './stream-framing.ts';
export { childTrace, formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.ts';
export { decodeInput, decodeOutput, encodeInput, encodeOutput, type ReceivedInput, type WireInput } from './wire.ts';
export { withoutSecrets } from './without-secrets.ts';
