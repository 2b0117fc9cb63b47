import { boundedText } from '../text/bounded-text.ts';
import type { StoryEvent } from './story-event.ts';
import { storyLine } from './story-line.ts';

/** How many events are printed of a story that is part of something else. */
const maxPrintedLines = 40;
/** Characters of a printed line. */
const maxPrintedLength = 300;

/** What a story looks like as JSON. */
export interface StoryData {
  /** Method and path template. */
  readonly operation: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly events: readonly StoryEvent[];
}

/**
 * What happened to a call, event by event: printed it is a timeline, `String(story)` or `console.log(story)`.
 * Addresses, codes, numbers and the path template are all that it holds: no header, no input, no body. It names
 * internal addresses: it is for logs and operators, not for the caller.
 */
export class Story implements StoryData {
  readonly operation: string;
  readonly #startedAtMs: number;
  readonly #events: () => readonly StoryEvent[];

  /** @param events called at each access: a cancelled attempt ends a moment after the call */
  constructor(operation: string, startedAtMs: number, events: () => readonly StoryEvent[]) {
    this.operation = operation;
    this.#startedAtMs = startedAtMs;
    this.#events = events;
  }

  get startedAt(): string {
    return new Date(this.#startedAtMs).toISOString();
  }

  /** In the order of their time. */
  get events(): readonly StoryEvent[] {
    return this.#events().toSorted((one, other) => one.atMs - other.atMs);
  }

  /** One event a line: ms since the call began, kind, details. */
  toString(): string {
    return [this.operation, ...this.events.map(storyLine)].join('\n');
  }

  toJSON(): StoryData {
    return { operation: this.operation, startedAt: this.startedAt, events: this.events };
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.#printed();
  }

  /** The timeline too: where Node prints an uncaught error it calls no method of what it prints, but reads this. */
  get [Symbol.toStringTag](): string {
    return this.#printed();
  }

  #printed(): string {
    const { events } = this;
    const lines = events.slice(0, maxPrintedLines).map((event) => boundedText(storyLine(event), maxPrintedLength));
    const others = events.length > maxPrintedLines ? [`… and ${events.length - maxPrintedLines} more events`] : [];
    return [this.operation, ...lines, ...others].join('\n');
  }
}
