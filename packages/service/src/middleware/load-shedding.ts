import { AsyncResource } from 'node:async_hooks';
import { currentContext } from '@parley/contract';
import type { RequestHandler, Response } from 'express';
import { hasNoRoom } from '../connections/unread-replies.ts';
import { type RequestLifetime, requestLifetimeOf } from '../requests/request-lifetime.ts';
import { callerKey } from '../shedding/caller-key.ts';
import type { Load, Place } from '../shedding/load.ts';
import { refuse } from '../shedding/refusal.ts';
import type { ShedLog } from '../shedding/shed-log.ts';
import { TurnQueue } from '../shedding/turn-queue.ts';
import { operationOf } from './running-operation.ts';

/** What decides whether a request is taken. */
export interface LoadSheddingOptions {
  readonly load: Load;
  readonly log: ShedLog;
  /** Where requests wait for their turn while the event loop is busy. Default: one of its own. */
  readonly turns?: TurnQueue;
}

/** A place that a response still has. */
interface Held {
  readonly load: Load;
  readonly place: Place;
  readonly end: RequestLifetime | undefined;
}

/** Where a response keeps it. */
const held = Symbol('held place');

type Holding = Response & { [held]?: Held | undefined };

/**
 * Takes no more requests than the service can do, so that those it takes are done in time: the rest is refused before
 * anything is read or run, who matters less first, and nobody for what another caller asks too much of. A handler keeps
 * its place until it ends, also when nobody waits for its answer any more (10 s at most): what it does is in the way of
 * others still.
 */
export function loadShedding({ load, log, turns = new TurnQueue() }: LoadSheddingOptions): RequestHandler {
  return function loadShedding(req, res: Holding, next) {
    const context = currentContext();
    const priority = context.priority ?? 'normal';
    turns.arrive();
    const place = hasNoRoom(res) ? 'overloaded' : load.enter(callerKey(context, req), priority);
    if (typeof place === 'string') {
      log.note(place, load);
      return refuse(res, place, load.returnSeconds());
    }
    res[held] = { load, place, end: requestLifetimeOf(context) };
    res.on('close', giveBack);
    if (!load.isBusy && !turns.isWaiting) return next();
    // With the context of this request, though another one may end the wait.
    turns.add(
      place.caller,
      AsyncResource.bind(() => res.closed || next()),
    );
  };
}

/** Gives a stream's place back at its first item: it stays as long as its client likes, mostly doing nothing. */
export function releasePlace(res: Holding): void {
  const own = res[held];
  if (!own) return;
  res[held] = undefined;
  own.load.release(own.place);
}

/**
 * Gives the place of a request back whose reply is made, or never will be. A reply that its client reads slowly is
 * nothing that the service does: it holds bytes, which have a bound of their own, and says nothing of its load.
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
  const operation = operationOf(res);
  // Given up by the caller: it would have taken longer, nobody knows how long.
  const isGivenUp = !res.writableEnded || (res.statusCode === 504 && end?.isCallersHaste);
  if (operation && isGivenUp) load.abandon(place, operation);
  else if (operation && tellsOfLoad(res)) load.complete(place, operation);
  else load.release(place);
}

// A refusal is quick however much there is to do. A deadline is the opposite of quick.
function tellsOfLoad({ statusCode }: Response): boolean {
  return statusCode < 400 || statusCode === 504;
}
