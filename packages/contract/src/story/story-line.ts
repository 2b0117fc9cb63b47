import type {
  AttemptMade,
  BackedOff,
  CacheUsed,
  CallEnded,
  EndpointChosen,
  HopTime,
  Obstacle,
  ScoredEndpoint,
  StoryEvent,
} from './story-event.ts';

/** One line of a timeline: `   31.0 ms  backoff    43.0 ms before another attempt; retry budget 7.2 → 6.2`. */
export function storyLine(event: StoryEvent): string {
  return `${ms(event.atMs).padStart(11)}  ${labelOf(event).padEnd(10)} ${textOf(event)}`;
}

function labelOf(event: StoryEvent): string {
  if (event.kind === 'attempt') return `${event.isHedge ? 'copy of' : 'attempt'} ${event.attempt}`;
  return event.kind === 'gave_up' ? 'gave up' : event.kind;
}

function textOf(event: StoryEvent): string {
  switch (event.kind) {
    case 'resolved':
      return `${counted(event.endpoints, 'endpoint')} known${event.tookMs > 0 ? ` after ${ms(event.tookMs)}` : ''}`;
    case 'cache':
      return cache(event);
    case 'joined':
      return 'an identical call that was under way (single-flight)';
    case 'queued':
      return `${ms(event.tookMs)} for a place, ${event.inFlight} of ${event.limit} in use`;
    case 'chosen':
      return choice(event);
    case 'attempt':
      return attempt(event);
    case 'hedged':
      return `attempt ${event.attempt} had no answer after ${ms(event.afterMs)}, a second copy was sent`;
    case 'won':
      return event.winner === 'hedge' ? 'the second copy answered first' : 'the first copy answered first after all';
    case 'opened':
      return `the circuit of ${event.endpoint}: it is ejected`;
    case 'backoff':
      return backoff(event);
    case 'gave_up':
      return obstacles[event.obstacle];
    case 'ended':
      return ended(event);
  }
}

const cacheResults: Readonly<Record<CacheUsed['result'], string>> = {
  hit: 'hit: the stored reply is fresh',
  stale: 'stale: the stored reply is used although it is no longer fresh',
  revalidated: 'revalidated: the service confirmed the stored reply',
  miss: 'miss: no stored reply fits',
  bypass: 'bypass: the cache has no part in this call',
};

function cache({ result, ageMs }: CacheUsed): string {
  return `${cacheResults[result]}${ageMs === undefined ? '' : `, ${Math.floor(ageMs / 1000)} s old`}`;
}

function choice({ endpoint, candidates, ejected, isPanic }: EndpointChosen): string {
  const scored = (one: ScoredEndpoint) => `${one.endpoint} (${one.score.toPrecision(3)})`;
  const others = candidates.filter((one) => one.endpoint !== endpoint);
  const chosen = candidates.filter((one) => one.endpoint === endpoint && others.length > 0).map(scored);
  const among = others.length > 0 ? `, not ${others.map(scored).join(', ')}` : '';
  const without = ejected.length > 0 ? `; ejected: ${ejected.join(', ')}` : '';
  return `${chosen[0] ?? endpoint ?? 'no endpoint'}${among}${without}${isPanic ? '; panic: ejected ones are used too' : ''}`;
}

function attempt({ endpoint, tookMs, status, code, cause, retryAfterMs, hops }: AttemptMade): string {
  const outcome = [status, code, cause && `(${cause})`].filter((part) => part !== undefined).join(' ');
  const pushback = retryAfterMs === undefined ? '' : `, Retry-After ${ms(retryAfterMs)}`;
  const timing = hops.length > 0 ? `: ${hops.map(hop).join(', ')}` : '';
  return `${endpoint}: ${outcome} in ${ms(tookMs)}${pushback}${timing}`;
}

function hop({ service, tookMs, ownMs }: HopTime): string {
  return `${service} ${ms(tookMs)}${ownMs === undefined ? '' : ` (own ${ms(ownMs)})`}`;
}

function backoff({ waitMs, retryAfterMs, budget }: BackedOff): string {
  const pushback = retryAfterMs === undefined ? '' : ` (Retry-After ${ms(retryAfterMs)})`;
  return `${ms(waitMs)}${pushback}; retry budget ${budget.before.toFixed(1)} → ${budget.after.toFixed(1)}`;
}

const obstacles: Readonly<Record<Obstacle, string>> = {
  max_attempts: 'it was the last attempt of the call',
  attempts_left: 'the request that is served has no attempts left',
  unsafe: 'the operation may not be sent twice',
  body_spent: 'the body is a stream, which is used up',
  poison: 'the request fails wherever it is sent',
  deadline: 'another attempt would begin after the deadline',
  retry_budget: 'the retry budget is empty',
};

function ended({ status, code, limitMs, leftMs }: CallEnded): string {
  const outcome = [status, code].filter((part) => part !== undefined).join(' ');
  if (limitMs === undefined || leftMs === undefined) return outcome;
  return `${outcome}; ${ms(leftMs)} left of ${ms(limitMs)}`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
