import { Story, type StoryEvent } from '@parley/contract';
import { type Clock, systemClock } from '../time/clock.ts';

/** One of the events of a story, as it is recorded: when it was is known to the recorder. */
export type NewEvent = StoryEvent extends infer Event
  ? Event extends StoryEvent
    ? Omit<Event, 'atMs'>
    : never
  : never;

const noEvents: readonly StoryEvent[] = [];

/**
 * What happens to one call, for {@link Story}. Shared by all copies of its request. Records nothing as long as nothing goes wrong and the
 * caller has not asked.
 *
 * Scope: call.
 */
export class StoryRecorder {
  /** The caller wants the story, whatever comes of the call. */
  readonly isAsked: boolean;
  #clock: Clock = systemClock;
  #startedAtMs = 0;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #events: StoryEvent[] | undefined;
  #flight: StoryRecorder | undefined;
  #story: Story | undefined;

  constructor(isAsked = false) {
    this.isAsked = isAsked;
  }

  /** What follows is to be recorded too: the caller asked for it, or something went wrong. */
  get isTelling(): boolean {
    return this.isAsked || this.#events !== undefined;
  }

  /** The call begins. */
  begin(clock: Clock, nowMs: number, deadlineMs: number): void {
    this.#clock = clock;
    this.#startedAtMs = nowMs;
    this.#deadlineMs = deadlineMs;
  }

  /** Number of events so far: the index for an event that begins now and is recorded when it ends. */
  get length(): number {
    return this.#events?.length ?? 0;
  }

  /** The latest event of a kind, of this call or of the one that it joined. */
  latest<Kind extends StoryEvent['kind']>(kind: Kind): Extract<StoryEvent, { kind: Kind }> | undefined {
    const isOne = (event: StoryEvent): event is Extract<StoryEvent, { kind: Kind }> => event.kind === kind;
    return this.#events?.findLast(isOne) ?? this.#flight?.latest(kind);
  }

  /** Records an event. Default: that it was now, after all others. */
  add(event: NewEvent, startedAtMs = this.#clock.now(), place = this.length): void {
    this.#events ??= [];
    const timed = { ...event, atMs: startedAtMs - this.#startedAtMs } as StoryEvent;
    if (place === this.#events.length) this.#events.push(timed);
    else this.#events.splice(place, 0, timed);
  }

  /** What happens to another call, which is identical, happens to this one too. */
  join(flight: StoryRecorder): void {
    this.#flight = flight;
    this.add({ kind: 'joined' });
  }

  /** The call is over. Asked again it is the story as it ended first. */
  end(operation: string, status: number | undefined, code: string | undefined): Story {
    if (this.#story) return this.#story;
    if (this.#startedAtMs === 0) this.begin(this.#clock, this.#clock.now(), this.#deadlineMs);
    this.add({ kind: 'ended', status, code, ...this.#timeLeft() });
    this.#story = new Story(operation, this.#startedAtMs, () => this.#allEvents());
    return this.#story;
  }

  #timeLeft(): { limitMs: number | undefined; leftMs: number | undefined } {
    if (this.#deadlineMs === Number.POSITIVE_INFINITY) return { limitMs: undefined, leftMs: undefined };
    const leftMs = Math.max(0, this.#deadlineMs - this.#clock.now());
    return { limitMs: this.#deadlineMs - this.#startedAtMs, leftMs };
  }

  #allEvents(): readonly StoryEvent[] {
    const own = (this.#events ?? noEvents).map(inMicroseconds);
    if (!this.#flight) return own;
    const shiftMs = this.#flight.#startedAtMs - this.#startedAtMs;
    const shared = (this.#flight.#events ?? noEvents).filter(({ kind }) => kind !== 'ended');
    return [...shared.map((event) => inMicroseconds({ ...event, atMs: event.atMs + shiftMs })), ...own];
  }
}

/** Times without the digits that no clock has. */
function inMicroseconds(event: StoryEvent): StoryEvent {
  const rounded = Object.entries(event).map(([name, value]) => {
    const isTime = name.endsWith('Ms') && typeof value === 'number';
    return [name, isTime ? Math.round(value * 1000) / 1000 : value];
  });
  return Object.fromEntries(rounded);
}
