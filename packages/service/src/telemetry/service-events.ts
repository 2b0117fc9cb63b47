import { Emitter, type Priority, type SpanPlace } from '@parley/contract';

/** One request, as the service answered it. */
export interface ServedRequest {
  readonly method: string;
  /** `http`, or `https` where the connection to the service has TLS. */
  readonly scheme: 'http' | 'https';
  /** Method and path template of the operation, or of the route of a mounted app; `mounted /` where none of the app's routes matched. None where no app is mounted either. */
  readonly operation: string | undefined;
  /** Path template of the operation, or of the route of a mounted app. None where no route matched: unknown paths, and files of a mounted app. */
  readonly route: string | undefined;
  /** 499 where the client went away before the answer. */
  readonly status: number;
  /** Code of the error that was answered; none for a success, and for errors that a mounted app answers itself. */
  readonly code: string | undefined;
  /** From its arrival until the client has the last byte of the reply, or is gone. */
  readonly durationMs: number;
  readonly requestId: string | undefined;
  readonly traceId: string | undefined;
  /** A keyed operation was answered as the first time, and its handler did not run. */
  readonly isReplay: boolean;
  /** Present only while a listener has {@link ServiceListener.wantsSpans}. */
  readonly span?: SpanPlace | undefined;
  /** The reply was a stream of items, which lasts as long as its client likes. Present only with `span`. */
  readonly isStream?: boolean | undefined;
}

/** How many requests a service works on, and how many it would take. */
export interface ServiceLoad {
  readonly inFlight: number;
  readonly limit: number;
  /** How many callers have requests in flight. */
  readonly callers: number;
}

/** A request that load shedding did not let in. */
export interface RefusedRequest {
  /** The service has too much to do, or its caller more than its share. */
  readonly reason: 'overloaded' | 'rate_limited';
  readonly priority: Priority;
  /** What the request counted for: the client certificate of its caller, or its address where it had none. */
  readonly caller: 'certificate' | 'address';
}

/** What may be listened to in a service. A method that throws or rejects is warned about and harms no request. */
export interface ServiceListener {
  /** Requests have a `span` for this listener. Default: false. */
  readonly wantsSpans?: boolean;
  /** The app was made. `load` has its current figures whenever it is read. */
  onLoad?(load: ServiceLoad): void;
  onRequest?(request: ServedRequest): void;
  onRefusal?(refused: RefusedRequest): void;
}

/** Tells listeners what a service does. */
export class ServiceTelemetry extends Emitter<ServiceListener> {
  constructor(listeners: readonly ServiceListener[] = []) {
    super((error) => process.emitWarning(error instanceof Error ? error : String(error), 'ParleyServiceWarning'));
    for (const listener of listeners) this.subscribe(listener);
  }
}
