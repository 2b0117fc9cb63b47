import type { Contract } from '@parley/contract';
import type { Logger } from 'pino';
import { type ReadYourWritesOptions, readYourWritesNames } from './handlers/read-your-writes.ts';
import type { IdempotencyOptions } from './idempotency/idempotency.ts';
import type { BodyLimitOptions } from './middleware/body.ts';
import { type CorsOptions, corsOptionNames } from './middleware/cors.ts';
import type { ErrorMapping } from './middleware/error-mapping.ts';
import type { ReadExtras } from './middleware/extras.ts';
import type { Mounts } from './middleware/mount-apps.ts';
import {
  anyForm,
  functionForm,
  functionsForm,
  numberForm,
  type OptionForms,
  objectForm,
  objectsForm,
} from './options/option-form.ts';
import type { Middleware } from './requests/either-version.ts';
import type { OptionsOfOperations } from './requests/operation-options.ts';
import type { ServiceListener } from './telemetry/service-events.ts';
import type { AuthenticationOptions } from './tokens/authentication.ts';
import { tokenOptionNames } from './tokens/token-options.ts';

/** How an app treats its requests. */
export interface AppOptions<C extends Contract = Contract, Extras = unknown>
  extends AuthenticationOptions,
    BodyLimitOptions {
  /** Default: JSON lines on standard output from level `info` up. */
  readonly logger?: Logger;
  /** The longest a request may take, in ms; a caller may ask for less. Default 10 000. */
  readonly requestTimeoutMs?: number;
  /** The most parameters of a query; more are refused with 400. A parameter that comes n times counts n times. Default 256. */
  readonly maxQueryParameters?: number;
  /**
   * How many requests may be in flight before some are refused: `adaptive` finds out what the service can take (from 20
   * to 1000), Infinity refuses nothing. Background requests may fill 60 % of it, normal ones 90 %. Default `adaptive`.
   */
  readonly maxInFlight?: number | 'adaptive';
  /**
   * Addresses (`10.0.0.7`) and networks (`10.0.0.0/8`) of the proxies in front: forwarded addresses, hosts and protocols count
   * only from these peers. Default: none; with `serve` by `TRUSTED_PROXIES`.
   */
  readonly trustedProxies?: readonly string[];
  /** Sends a heartbeat when a stream has been silent for this long, in ms. Below the gateway's read timeout of 12 s. Default 10 000. */
  readonly heartbeatMs?: number;
  /** Which pages of other origins may call from a browser. Default: none. */
  readonly cors?: CorsOptions;
  /** Fires when the service stops: streams end, and say so. `serve` has its own. */
  readonly stopping?: AbortSignal;
  /** Express middleware of yours, of version 5 or 4, routers too, between ours and the operations. Default: none. */
  readonly middleware?: readonly Middleware[];
  /** Express applications of yours, 4 or 5: they get what no operation takes. `{ app, path, … }` has options of each. Default: none. */
  readonly mount?: Mounts;
  /** How failures are answered to callers that know no problems: `{ map, body }`. Default: with problems. */
  readonly errors?: ErrorMapping;
  /** What handlers get from a request beyond the contract, as `context.extras`: a session, cookies. Default: nothing. */
  readonly extras?: ReadExtras<Extras>;
  /** Options of single operations, by name. Default: none. */
  readonly operations?: OptionsOfOperations<C>;
  /** How keyed operations are answered once. Default: by the memory of this process, for 24 h. */
  readonly idempotency?: IdempotencyOptions;
  /** How callers see their own writes, whatever caches and replicas are in between. Default: a write names no version. */
  readonly readYourWrites?: ReadYourWritesOptions;
  /** While the event loop is busier than this share of the last second, replies are not compressed. 1: always are. Default 0.9. */
  readonly compressBelow?: number;
  /** Get an event for each request and each refusal: for metrics or an audit of yours. Default: none; `serve` adds its metrics. */
  readonly listeners?: readonly ServiceListener[];
  /** Version of the API, for its OpenAPI document. Default `1.0.0`. */
  readonly version?: string;
}

/** How applications are served that have no contract. */
export interface MountedAppOptions
  extends Pick<
    AppOptions,
    'logger' | 'requestTimeoutMs' | 'maxInFlight' | 'trustedProxies' | 'middleware' | 'errors' | 'listeners'
  > {
  /** Name of the service in its log and in `server-timing`, in kebab-case. Default `app`. */
  readonly name?: string;
}

/** Forms of {@link AppOptions}. Numbers, lists of addresses and mounted apps are checked where they are used. */
export const appForms: OptionForms<AppOptions> = {
  logger: objectForm("pino's: createLogger('shop')", { methods: ['info', 'warn', 'error', 'child'] }),
  requestTimeoutMs: numberForm(1),
  maxQueryParameters: anyForm,
  maxInFlight: anyForm,
  trustedProxies: anyForm,
  heartbeatMs: numberForm(1),
  cors: objectForm("{ origins: ['https://app.example.com'] }", { members: corsOptionNames }),
  stopping: objectForm('the signal of an AbortController', { methods: ['addEventListener'] }),
  middleware: functionsForm('[cookieParser()]'),
  mount: anyForm,
  errors: objectForm('{ map: ({ problem }) => ({ body: { error: problem.detail } }) }', {
    members: ['map', 'body'],
    methods: ['map'],
  }),
  extras: functionForm('(req) => ({ session: req.session })'),
  operations: objectForm('{ report: { requestTimeoutMs: 30_000 } }'),
  idempotency: objectForm('{ store }', { members: ['store', 'keptForMs', 'isKeyRequired'] }),
  readYourWrites: objectForm('{ written: () => store.version() }', {
    members: readYourWritesNames,
    methods: ['written'],
  }),
  compressBelow: anyForm,
  listeners: objectsForm('[{ onRequest: (request) => … }]'),
  version: { expected: "a text such as '2.1.0'", isFine: (value) => typeof value === 'string' },
  tokens: objectForm('{ issuer, jwks }', { members: tokenOptionNames }),
  authenticate: objectForm("{ apiKey: (req) => ({ subject: 'till 7' }) }"),
  clientCertificates: { expected: 'true or false', isFine: (value) => typeof value === 'boolean' },
  bodyLimitBytes: anyForm,
  maxBodyValues: anyForm,
  maxBodyDepth: anyForm,
};

/** Forms of {@link MountedAppOptions}. */
export const mountedAppForms: OptionForms<MountedAppOptions> = {
  name: { expected: "a text such as 'shop'", isFine: (value) => typeof value === 'string' },
  logger: appForms.logger,
  requestTimeoutMs: appForms.requestTimeoutMs,
  maxInFlight: appForms.maxInFlight,
  trustedProxies: appForms.trustedProxies,
  middleware: appForms.middleware,
  errors: appForms.errors,
  listeners: appForms.listeners,
};
