export {
  type BodyFormat,
  type FieldTarget,
  type Formatted,
  isFormatted,
  isJson,
  type WireBody,
} from './bodies/body-format.ts';
export { type Bytes, bytes } from './bodies/bytes.ts';
export type { ChunkReader, Chunks } from './bodies/chunks.ts';
export {
  type Content,
  type ContentOptions,
  type ContentSource,
  chunksOf,
  content,
  contentOf,
  type GivenContent,
} from './bodies/content.ts';
export { type ContentDescription, contentDescription } from './bodies/content-headers.ts';
export { longestFileName, safeFileName } from './bodies/file-name.ts';
export { type Form, form, type Multipart, multipart } from './bodies/form.ts';
export { isOneOf } from './bodies/media-type.ts';
export { applyMergePatch, type MergePatch, type MergePatchInput, mergePatch } from './bodies/merge-patch.ts';
export { type Text, text } from './bodies/text.ts';
export { bodySchema, isWithBody, type WithBody, withBody } from './bodies/with-body.ts';
export { applicationSpan, isTracedByApplication } from './context/application-tracing.ts';
export { AttemptsLeft, parseAttemptsLeft } from './context/attempts-left.ts';
export {
  type CallContext,
  type CallerIdentity,
  type ContextLog,
  currentContext,
  type LogAt,
  now,
  type Principal,
  type Priority,
  priorities,
  runInContext,
} from './context/call-context.ts';
export { isVersion, MinVersions, mayHaveVersions, parseMinVersions } from './context/min-versions.ts';
export { noteVersions } from './context/note-versions.ts';
export {
  addReceivedContext,
  type MutableContext,
  type ReceivedHeaders,
  requestedTimeoutMs,
  requestIdOf,
} from './context/received-context.ts';
export { type HeadSampler, sampleBy } from './context/sampling.ts';
export { childTrace, formatTraceparent, parseTraceparent, type TraceContext } from './context/trace-context.ts';
export {
  type Client,
  type Contract,
  type ContractInfo,
  defineContract,
  type Explained,
  type ExplainingClient,
  type Handler,
  type Handlers,
  type Operations,
  type StreamHandler,
} from './contract.ts';
export { CallError, type CallErrorDetails, isCallError } from './errors/call-error.ts';
export { configMistake, isConfigMistake } from './errors/config-mistake.ts';
export {
  type AnyDefinedError,
  type DefinedError,
  type DefinedErrorOptions,
  defineError,
} from './errors/defined-error.ts';
export { type CodeMeaning, type ErrorCode, errorCodes, isErrorCode } from './errors/error-codes.ts';
export { errorTitles } from './errors/error-titles.ts';
export { errorOfReply, type Problem, problemMediaType, problemOf } from './errors/problem.ts';
export { gradientOf, gradientStep, isLimitTested } from './load/gradient2.ts';
export { formatLoadReport, type ReportedLoad, reportedUtilization } from './load/load-report.ts';
export { isObject } from './members/is-object.ts';
export { isRecord } from './members/is-record.ts';
export { isPrototypePolluted, noMembers, ownMember, ownMembers } from './members/own-members.ts';
export { openapi } from './openapi/openapi.ts';
export { type AuthScheme, authScheme, type SecurityScheme } from './operations/auth-scheme.ts';
export { hasRanges, type OperationBody, replyBody, requestBody } from './operations/body-of.ts';
export { type BodySize, bodySizeOf, largestBody } from './operations/body-size.ts';
export { type CacheGroups, cacheGroupsField, isPlainCacheGroup, mostCacheGroups } from './operations/cache-groups.ts';
export type {
  BytesCallOptionsOf,
  CallOptions,
  CallOptionsOf,
  RepeatOptions,
  StreamCallOptions,
  StreamCallOptionsOf,
} from './operations/call-options.ts';
export { type Deprecation, deprecationHeaders } from './operations/deprecation.ts';
export { type InputMembers, inputMembers, type TextMember } from './operations/input-members.ts';
export {
  type Auth,
  authSchemesOf,
  type BodyLimits,
  type CachePolicy,
  del,
  type Example,
  get,
  type HeaderBinding,
  type Method,
  type Operation,
  type OperationOptions,
  patch,
  post,
  put,
  type Safety,
} from './operations/operation.ts';
export { standardBodyLimits } from './operations/standard-body-limits.ts';
export { pathPattern } from './paths/path-pattern.ts';
export { type PathTemplate, pathTemplate } from './paths/path-template.ts';
export { randomHex } from './random/random-ids.ts';
export { jsonSchemaOf } from './schemas/document-schema.ts';
export { describeIssues, type Issue } from './schemas/issue.ts';
export type { InputOf, OutputOf, Schema, Validation } from './schemas/schema.ts';
export { validate } from './schemas/schema.ts';
export { cacheControl, varyHeaders } from './serving/cache-control.ts';
export { type IgnoredConnection, ignoreRequests } from './serving/ignore-requests.ts';
export { type EndedConnection, type LingerOptions, linger } from './serving/linger.ts';
export { type PublicError, publicError } from './serving/public-error.ts';
export { type FindRoute, type FoundRoute, type HasOperation, routeFinder } from './serving/route-finder.ts';
export { securityHeaderFields } from './serving/security-header-fields.ts';
export { acceptInput, acceptOutput, type OperationReply, replyOf } from './serving/serving.ts';
export {
  decodeInput,
  decodeOutput,
  encodeInput,
  encodeOutput,
  type ReceivedInput,
  type WireInput,
} from './serving/wire.ts';
export { firstHopMs, formatServerTiming, parseServerTiming } from './story/server-timing.ts';
export { Story, type StoryData } from './story/story.ts';
export type {
  AttemptMade,
  BackedOff,
  CacheUsed,
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
} from './story/story-event.ts';
export { framings } from './streams/framings.ts';
export { isStream, type Stream, stream } from './streams/stream.ts';
export type { Framing, StreamFrame, StreamFraming, StreamLimits, StreamParser } from './streams/stream-framing.ts';
export {
  type AttemptOutcome,
  type Backoff,
  type BudgetRefusal,
  type CacheResult,
  type CacheUse,
  type CallOutcome,
  type CircuitChange,
  type CircuitReason,
  type CircuitState,
  type ConnectionChange,
  type ConnectionEnd,
  type Fate,
  type Outcome,
  type QueueEnd,
  type QueueWait,
  type SpanPlace,
  slowMs,
  type TelemetryListener,
} from './telemetry/call-events.ts';
export { Emitter } from './telemetry/emitter.ts';
export type { MetricFamily, MetricHistogram, MetricPoint } from './telemetry/metric-family.ts';
export {
  announceUpstream,
  type CircuitControl,
  type OpenUpstream,
  type OptionValues,
  openUpstreams,
  watchUpstreams,
} from './telemetry/open-upstreams.ts';
export { isMetricsPushAsked, isTraceExportAsked } from './telemetry/otlp-export.ts';
export { type OptionSource, type ShownOption, shownValue } from './telemetry/shown-option.ts';
export type {
  ConcurrencyStatus,
  ConnectionCounts,
  EndpointStatus,
  UpstreamStatus,
} from './telemetry/upstream-status.ts';
export { boundedText } from './text/bounded-text.ts';
export { messageOf } from './text/message-of.ts';
export { nearestName } from './text/nearest-name.ts';
export { withoutSecrets } from './text/without-secrets.ts';
export { hasPem, isPemFile, type Pem, type PemFile, pemText } from './tls/pem.ts';
export { type AskedRange, askedRange, type ByteRange, isSingleRange } from './wire/byte-range.ts';
export { type ContentRange, contentRange } from './wire/content-range.ts';
export { isSameTag, namesTag } from './wire/entity-tag.ts';
export type { FileType } from './wire/file-type.ts';
export { headerNames } from './wire/header-names.ts';
export { idempotencyKeyHeader, idempotencyKeyOf } from './wire/idempotency-key.ts';
export { knownMethod } from './wire/known-method.ts';
export { type QueryOptions, queryParser } from './wire/query-parser.ts';
export { ZstdFrames } from './wire/zstd-frames.ts';
