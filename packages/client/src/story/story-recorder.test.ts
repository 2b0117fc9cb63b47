import { beforeEach, describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { StoryRecorder } from './story-recorder.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

function begun(isAsked = false): StoryRecorder {
  const recorder = new StoryRecorder(isAsked);
  recorder.begin(clock, clock.now(), clock.now() + 1_000);
  return recorder;
}

const kinds = (recorder: StoryRecorder) => recorder.end('GET /', 200, undefined).events.map(({ kind }) => kind);

describe('StoryRecorder', () => {
  it('tells from the first event on, or from the beginning where it was asked', () => {
    expect(begun(true).isTelling).toBe(true);
    const recorder = begun();
    expect(recorder.isTelling).toBe(false);
    recorder.add({ kind: 'joined' });
    expect(recorder.isTelling).toBe(true);
  });

  it('counts time from the beginning of the call, and says what was left of it', async () => {
    const recorder = begun();
    await clock.advance(250);
    const { events, startedAt } = recorder.end('GET /', undefined, 'unavailable');
    const ended = { status: undefined, code: 'unavailable', limitMs: 1_000, leftMs: 750 };
    expect(events).toEqual([{ kind: 'ended', atMs: 250, ...ended }]);
    expect(startedAt).toBe(new Date(clock.now() - 250).toISOString());
  });

  it('ends once, however often it is asked', async () => {
    const recorder = begun();
    const story = recorder.end('GET /', 503, 'unavailable');
    await clock.advance(1);
    expect(recorder.end('GET /', 200, undefined)).toBe(story);
    expect(story.events).toMatchObject([{ kind: 'ended', atMs: 0, status: 503 }]);
  });

  it('puts an event that was long under way where it began', () => {
    const recorder = begun();
    const place = recorder.length;
    recorder.add({ kind: 'opened', endpoint: 'a' });
    recorder.add({ kind: 'hedged', attempt: 1, afterMs: 0 }, clock.now(), place);
    expect(kinds(recorder)).toEqual(['hedged', 'opened', 'ended']);
  });

  it('tells what happens to the call that it has joined, at its own time', async () => {
    const flight = begun();
    await clock.advance(30);
    const recorder = begun();
    recorder.join(flight);
    await clock.advance(20);
    flight.add({ kind: 'gave_up', obstacle: 'deadline' });
    flight.end('GET /', 200, undefined);
    expect(recorder.end('GET /', 200, undefined).events).toMatchObject([
      { kind: 'joined', atMs: 0 },
      { kind: 'gave_up', atMs: 20 },
      { kind: 'ended', atMs: 20 },
    ]);
  });

  it('tells that a call ended that never began', () => {
    const before = Date.now();
    const { events, startedAt } = new StoryRecorder().end('GET /', undefined, 'unavailable');
    expect(events).toMatchObject([{ kind: 'ended', code: 'unavailable', limitMs: undefined }]);
    expect(Math.abs(Date.parse(startedAt) - before)).toBeLessThan(60_000);
  });
});
