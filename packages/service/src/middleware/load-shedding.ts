import { AsyncResource } from 'node:async_hooks';
import { currentContext } from '@parley/contract';
import type { RequestHandler, Response } from 'express';
import { hasNoRoom } from '../connections/unread-replies.ts';
import { type RequestLifetime, requestLifetimeOf } from '../requests/request-lifetime.ts';
import { callerKey } from '../shedding/caller-key.ts';
import type { Load, Place } from '../shedding/load.ts';
import { refuse } from '../shedding/refusal.ts';
import { TurnQueue } from '../shedding/turn-queue.ts';
import type { ServiceTelemetry } from '../telemetry/service-events.ts';
import { workOf } from './running-operation.ts';

/** Dependencies of load shedding. */
export interface LoadSheddingOptions {
  readonly load: Load;
  readonly telemetry: ServiceTelemetry;
  /** Where requests wait for their turn while the event loop is busy. Default: one of its own. */
  readonly turns?: TurnQueue;
}

/** A place that a response still has. */
interface Held {
  readonly load: Load;
  readonly place: Place;
  readonly end: RequestLifetime | undefined;
}

/** Key of the place in a response. */
const held = Symbol('held place');

type Holding = Response & { [held]?: Held | undefined };

/**
 * Sheds requests that the service cannot finish in time, before it reads or runs anything for them. Sheds low-priority
 * requests first, and never penalises one caller for another's load. A handler keeps its place until it ends, or for 10 s
 * after its client stopped waiting: until then its work delays other requests.
 */
export function loadShedding({ load, telemetry, turns = new TurnQueue() }: LoadSheddingOptions): RequestHandler {
  return function loadShedding(req, res: Holding, next) {
    const context = currentContext();
    const priority = context.priority ?? 'normal';
    turns.arrive();
    const place = hasNoRoom(res) ? 'overloaded' : load.enter(callerKey(context, req), priority);
    if (typeof place === 'string') {
      telemetry.emit('onRefusal', { reason: place, priority, caller: context.caller ? 'certificate' : 'address' });
      return refuse(res, place, load.returnSeconds());
    }
    res[held] = { load, place, end: requestLifetimeOf(context) };
    res.on('close', giveBack);
    if (!load.isBusy && !turns.isWaiting) return next();
    const begin = () => {
      if (res.closed) return;
      load.begin(place);
      next();
    };
    // Another request may end the wait, and this one keeps its context. `AsyncResource.bind` would cost 4 µs.
    const scope = new AsyncResource('RequestTurn');
    turns.add(place.caller, () => scope.runInAsyncScope(begin));
  };
}

/** Releases the place of a stream at its first item: from then on the stream is mostly idle. */
export function releasePlace(res: Holding): void {
  const own = res[held];
  if (!own) return;
  res[held] = undefined;
  own.load.release(own.place);
}

/**
 * Releases the place of a request when its response has ended, or will never be sent. A response that its client reads
 * slowly causes no work: it holds bytes, which `UnreadReplies` bounds.
 */
export function giveBackPlace(res: Holding): void {
  const own = res[held];
  if (!own) return;
  res[held] = undefined;
  if (own.end?.reason) own.end.afterWork(() => release(res, own));
  else release(res, own);
}

function giveBack(this: Holding): void {
  giveBackPlace(this);
}

function release(res: Response, { load, place, end }: Held): void {
  const work = workOf(res);
  // Given up by the caller: it would have taken longer, by an unknown time.
  const isGivenUp = !res.writableEnded || (res.statusCode === 504 && end?.isCallersHaste);
  if (work && isGivenUp) load.abandon(place, work);
  else if (work && tellsOfLoad(res)) load.complete(place, work);
  else load.release(place);
}

// A refusal is quick under any load. A passed deadline is slow, and counts.
function tellsOfLoad({ statusCode }: Response): boolean {
  return statusCode < 400 || statusCode === 504;
}
