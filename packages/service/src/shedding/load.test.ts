import { setImmediate as turnOver } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Load, type LoadOptions, type Place } from './load.ts';

const kind = {};

function virtual(options: Partial<LoadOptions> = {}) {
  const state = { nowMs: 0, utilization: 0, lastSecond: 0, delayMs: 0 };
  const load = new Load({
    maxInFlight: 'adaptive',
    now: () => state.nowMs,
    readEventLoop: () => ({ ...state }),
    random: () => 0,
    ...options,
  });
  const enter = (caller = 'a') => load.enter(caller, 'critical') as Place;
  return { load, state, enter };
}

/** Serves windows of `atOnce` requests, each of `ms`. */
async function serve({ load, state, enter }: ReturnType<typeof virtual>, windows: number, atOnce: number, ms: number) {
  for (let n = 0; n < windows; n++) {
    const places = Array.from({ length: atOnce }, () => enter()).filter((place) => typeof place !== 'string');
    state.nowMs += ms;
    for (const place of places) load.complete(place, kind);
    await turnOver();
  }
}

describe('load', () => {
  it('keeps a place until the turn of the event loop is over', async () => {
    const { load, enter } = virtual({ maxInFlight: 2 });
    load.complete(enter(), kind);
    load.release(enter());
    expect(load.inFlight).toBe(2);
    expect(load.enter('a', 'critical')).toBe('overloaded');
    await turnOver();
    expect(load.inFlight).toBe(0);
    expect(typeof load.enter('a', 'critical')).toBe('object');
  });

  it('takes more where more at once is as fast', async () => {
    const all = virtual();
    await serve(all, 30, 190, 100);
    expect(all.load.limit).toBeGreaterThan(230);
  });

  it('takes less where requests get slower', async () => {
    const all = virtual();
    await serve(all, 20, 20, 100);
    await serve(all, 40, 1000, 600);
    expect(all.load.limit).toBeLessThan(60);
  });

  /** Serves windows of quick requests that waited for their turn. */
  async function serveAfterWait({ load, state, enter }: ReturnType<typeof virtual>, waitMs: number) {
    for (let n = 0; n < 40; n++) {
      const places = Array.from({ length: 1000 }, () => enter()).filter((place) => typeof place !== 'string');
      state.nowMs += waitMs;
      for (const place of places) load.begin(place);
      state.nowMs += 5;
      for (const place of places) load.complete(place, kind);
      state.nowMs += 100;
      await turnOver();
    }
    return load.limit;
  }

  it('takes no less where quick requests wait a little for their turn, and less where they wait long', async () => {
    const quick = virtual();
    await serve(quick, 20, 20, 5);
    expect(await serveAfterWait(quick, 20)).toBeGreaterThanOrEqual(200);
    expect(await serveAfterWait(quick, 400)).toBeLessThan(100);
  });

  it('lowers the limit where callers give up slow requests', async () => {
    const all = virtual();
    const { load, state, enter } = all;
    await serve(all, 20, 20, 100);
    for (let n = 0; n < 40; n++) {
      const places = Array.from({ length: 1000 }, () => enter()).filter((place) => typeof place !== 'string');
      state.nowMs += 2_000;
      for (const place of places) load.abandon(place, kind);
      await turnOver();
    }
    expect(load.limit).toBeLessThan(60);
  });

  it('takes less where the event loop is late, and more again once it is not', async () => {
    const all = virtual();
    all.state.delayMs = 400;
    await serve(all, 10, 150, 100);
    expect(all.load.limit).toBe(20);
    all.state.delayMs = 0;
    await serve(all, 40, 300, 100);
    expect(all.load.limit).toBeGreaterThan(200);
  });

  it('learns nothing from a request whose time is not measured', async () => {
    const { load, state, enter } = virtual();
    for (let n = 0; n < 20; n++) {
      const places = Array.from({ length: 150 }, () => enter());
      state.nowMs += n < 10 ? 100 : 60_000;
      for (const place of places) load.release(place);
      await turnOver();
    }
    expect(load.limit).toBeGreaterThanOrEqual(200);
  });

  it('computes Retry-After from what is done in a second', async () => {
    const all = virtual({ maxInFlight: 50 });
    const { load, enter } = all;
    expect(load.returnSeconds()).toBe(1);
    // 50 in two seconds: who comes now waits for 50 others.
    await serve(all, 5, 50, 2000);
    for (let n = 0; n < 50; n++) enter();
    expect(load.returnSeconds()).toBe(2);
  });

  it('does not take a quiet hour for slowness when it computes Retry-After', async () => {
    const all = virtual({ maxInFlight: 50 });
    await serve(all, 5, 50, 1000);
    all.state.nowMs += 3_600_000;
    await serve(all, 1, 1, 100);
    for (let n = 0; n < 50; n++) all.enter();
    expect(all.load.returnSeconds()).toBe(1);
  });

  it('reports the event loop or the places taken, whichever is more', () => {
    const { load, state, enter } = virtual({ maxInFlight: 8 });
    state.utilization = 0.314;
    expect(load.report).toBe('TEXT application_utilization=0.31, named_metrics.in_flight=0');
    for (let n = 0; n < 6; n++) enter();
    // As it was: renewed every 100 ms only.
    expect(load.report).toBe('TEXT application_utilization=0.31, named_metrics.in_flight=0');
    state.nowMs = 100;
    expect(load.report).toBe('TEXT application_utilization=0.75, named_metrics.in_flight=6');
  });

  it('reports without a limit, too', () => {
    const { load, enter } = virtual({ maxInFlight: Number.POSITIVE_INFINITY });
    enter();
    expect(load.report).toBe('TEXT application_utilization=0.00, named_metrics.in_flight=1');
  });
});
