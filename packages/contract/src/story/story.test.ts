import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { CallError } from '../errors/call-error.ts';
import { Story } from './story.ts';
import type { AttemptMade, EndpointChosen, StoryEvent } from './story-event.ts';

const one = 'http://10.0.0.1:3000';
const two = 'http://10.0.0.2:3000';

function attempt(overrides: Partial<AttemptMade> = {}): AttemptMade {
  return {
    ...{ kind: 'attempt', atMs: 0, attempt: 1, endpoint: one, tookMs: 31, status: 200, code: undefined },
    ...{ cause: undefined, retryAfterMs: undefined, isHedge: false, hops: [] },
    ...overrides,
  };
}

function chosen(overrides: Partial<EndpointChosen> = {}): EndpointChosen {
  const candidates = [
    { endpoint: one, score: 1 },
    { endpoint: two, score: 12.345 },
  ];
  return { kind: 'chosen', atMs: 0, attempt: 1, endpoint: one, candidates, ejected: [], isPanic: false, ...overrides };
}

const story = (...events: readonly StoryEvent[]) => new Story('GET /api/things/{id}', 1_700_000_000_000, () => events);
const lineOf = (event: StoryEvent) => String(story(event)).split('\n')[1];

describe('Story', () => {
  it.each<[StoryEvent, string]>([
    [{ kind: 'resolved', atMs: 0, endpoints: 3, tookMs: 0 }, '     0.0 ms  resolved   3 endpoints known'],
    [
      { kind: 'resolved', atMs: 0, endpoints: 1, tookMs: 8.25 },
      '     0.0 ms  resolved   1 endpoint known after 8.3 ms',
    ],
    [
      { kind: 'cache', atMs: 0, result: 'stale', ageMs: 12_345 },
      '     0.0 ms  cache      stale: the stored reply is used although it is no longer fresh, 12 s old',
    ],
    [
      { kind: 'cache', atMs: 0, result: 'miss', ageMs: undefined },
      '     0.0 ms  cache      miss: no stored reply fits',
    ],
    [{ kind: 'joined', atMs: 1 }, '     1.0 ms  joined     an identical call that was under way (single-flight)'],
    [
      { kind: 'queued', atMs: 0, tookMs: 12, inFlight: 20, limit: 20 },
      '     0.0 ms  queued     12.0 ms for a place, 20 of 20 in use',
    ],
    [chosen(), `     0.0 ms  chosen     ${one} (1.00), not ${two} (12.3)`],
    [
      chosen({ candidates: [{ endpoint: one, score: 1 }], ejected: [two] }),
      `     0.0 ms  chosen     ${one}; ejected: ${two}`,
    ],
    [
      chosen({ candidates: [], ejected: [one], isPanic: true }),
      `     0.0 ms  chosen     ${one}; ejected: ${one}; panic: ejected ones are used too`,
    ],
    [
      chosen({ endpoint: undefined, candidates: [], ejected: [one, two] }),
      `     0.0 ms  chosen     no endpoint; ejected: ${one}, ${two}`,
    ],
    [attempt(), `     0.0 ms  attempt 1  ${one}: 200 in 31.0 ms`],
    [
      attempt({ status: 503, code: 'unavailable', retryAfterMs: 2000 }),
      `     0.0 ms  attempt 1  ${one}: 503 unavailable in 31.0 ms, Retry-After 2000.0 ms`,
    ],
    [
      attempt({ attempt: 2, status: undefined, code: 'unavailable', cause: 'ECONNREFUSED', isHedge: true }),
      `     0.0 ms  copy of 2  ${one}: unavailable (ECONNREFUSED) in 31.0 ms`,
    ],
    [
      attempt({
        hops: [
          { service: 'hello', tookMs: 30, ownMs: 2.5 },
          { service: 'greetings', tookMs: 27.5, ownMs: undefined },
        ],
      }),
      `     0.0 ms  attempt 1  ${one}: 200 in 31.0 ms: hello 30.0 ms (own 2.5 ms), greetings 27.5 ms`,
    ],
    [
      { kind: 'hedged', atMs: 20, attempt: 1, afterMs: 20 },
      '    20.0 ms  hedged     attempt 1 had no answer after 20.0 ms, a second copy was sent',
    ],
    [{ kind: 'won', atMs: 25, winner: 'hedge' }, '    25.0 ms  won        the second copy answered first'],
    [{ kind: 'won', atMs: 25, winner: 'first' }, '    25.0 ms  won        the first copy answered first after all'],
    [{ kind: 'opened', atMs: 31, endpoint: one }, `    31.0 ms  opened     the circuit of ${one}: it is ejected`],
    [
      { kind: 'backoff', atMs: 31, waitMs: 43, retryAfterMs: undefined, budget: { before: 7.2, after: 6.2 } },
      '    31.0 ms  backoff    43.0 ms; retry budget 7.2 → 6.2',
    ],
    [
      { kind: 'backoff', atMs: 31, waitMs: 1043, retryAfterMs: 1000, budget: { before: 7.2, after: 6.2 } },
      '    31.0 ms  backoff    1043.0 ms (Retry-After 1000.0 ms); retry budget 7.2 → 6.2',
    ],
    [{ kind: 'gave_up', atMs: 12345.6, obstacle: 'retry_budget' }, ' 12345.6 ms  gave up    the retry budget is empty'],
    [
      { kind: 'ended', atMs: 86, status: 503, code: 'unavailable', limitMs: 5000, leftMs: 4914 },
      '    86.0 ms  ended      503 unavailable; 4914.0 ms left of 5000.0 ms',
    ],
    [
      { kind: 'ended', atMs: 0, status: undefined, code: 'unavailable', limitMs: undefined, leftMs: undefined },
      '     0.0 ms  ended      unavailable',
    ],
  ])('tells %j in one line', (event, line) => {
    expect(lineOf(event)).toBe(line);
  });

  it('tells events in the order of their time, those of the same time in that of their coming', () => {
    const events = [attempt({ atMs: 5 }), attempt({ atMs: 0, attempt: 2 }), attempt({ atMs: 5, attempt: 3 })];
    expect(story(...events).events).toMatchObject([{ attempt: 2 }, { attempt: 1 }, { attempt: 3 }]);
  });

  it('tells what ended after the call, where that is looked at later', () => {
    const events: StoryEvent[] = [];
    const told = new Story('GET /', 0, () => events);
    events.push(attempt({ code: 'cancelled', status: undefined }));
    expect(String(told)).toContain('cancelled');
  });

  it('is printed as a timeline wherever it is inspected, inside an error too', () => {
    const told = story(attempt());
    expect(inspect(told)).toBe(`GET /api/things/{id}\n     0.0 ms  attempt 1  ${one}: 200 in 31.0 ms`);
    expect(inspect(new CallError('internal', 'no', { story: told }))).toContain(`attempt 1  ${one}: 200 in 31.0 ms`);
  });

  it('is printed of an error that nobody catches too, where Node calls no method of what it prints', () => {
    const error = new CallError('internal', 'no', { story: story(attempt()) });
    expect(inspect(error, { customInspect: false })).toContain(`attempt 1  ${one}: 200 in 31.0 ms`);
  });

  it('is printed up to a limit', () => {
    const ejected = Array.from({ length: 100 }, (_, index) => `http://endpoint-${index}`);
    const chosen: StoryEvent = {
      kind: 'chosen',
      atMs: 0,
      attempt: 1,
      endpoint: one,
      candidates: [],
      ejected,
      isPanic: false,
    };
    const long = story(...Array.from({ length: 100 }, () => chosen));
    const printed = inspect(long).split('\n');
    expect(printed).toHaveLength(42);
    expect(printed.at(-1)).toBe('… and 60 more events');
    expect(Math.max(...printed.map(({ length }) => length))).toBe(300);
    expect(String(long).split('\n')).toHaveLength(101);
  });

  it('gives its data as JSON', () => {
    expect(JSON.parse(JSON.stringify(story(attempt())))).toEqual({
      operation: 'GET /api/things/{id}',
      startedAt: '2023-11-14T22:13:20.000Z',
      events: [
        { kind: 'attempt', atMs: 0, attempt: 1, endpoint: one, tookMs: 31, status: 200, isHedge: false, hops: [] },
      ],
    });
  });

  it('is in neither the JSON nor the message of an error', () => {
    const error = new CallError('internal', 'no', { story: story(attempt()) });
    expect(`${JSON.stringify(error)}${error.message}${error.stack}`).not.toContain(one);
  });
});
