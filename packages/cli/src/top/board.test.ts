import { describe, expect, it } from '@jest/globals';
import type { ReplicaSample } from '../metrics/replica-sample.ts';
import type { Silence } from '../metrics/scrape.ts';
import type { SystemReplica } from '../systems/system.ts';
import { Board } from './board.ts';
import { boardColumns, boardRows, boardTitle } from './board-table.ts';

const replica: SystemReplica = {
  service: 'hello',
  name: 'hello-1',
  address: 'http://127.0.0.1:1',
  operators: 'http://127.0.0.1:2',
  pid: 7,
  isDead: false,
};

function sample(atMs: number, requests: number, change: Partial<ReplicaSample> = {}): ReplicaSample {
  const buckets = new Map([
    [0.1, requests],
    [Number.POSITIVE_INFINITY, requests],
  ]);
  const fixed = {
    service: 'hello',
    startedAtS: 1,
    isDraining: false,
    errors: 0,
    inFlight: 2,
    limit: 10,
    openCircuits: 1,
  };
  return { atMs, requests, buckets, ...fixed, ...change };
}

/** What the board shows of one replica after each of some answers, a second apart. */
function shown(answers: readonly (ReplicaSample | Silence)[], of: SystemReplica = replica) {
  const board = new Board();
  return answers.map((scraped, at) => board.look([{ replica: of, scraped }], at * 1_000)[0]?.replicas[0]);
}

describe('the board', () => {
  it('shows requests of the last second, and percentiles', () => {
    const [first, second] = shown([sample(0, 10), sample(1_000, 30, { errors: 5 })]);
    expect(first).toMatchObject({ state: 'ready', requestsPerSecond: 0, p50Ms: undefined });
    expect(second).toMatchObject({
      requestsPerSecond: 20,
      errorsPerSecond: 5,
      p50Ms: 50,
      inFlight: 2,
      limit: 10,
      openCircuits: 1,
    });
  });

  it('keeps percentiles over 10 s, with no request in the last one', () => {
    const busyThenIdle = [
      sample(0, 0),
      sample(1_000, 10),
      ...Array.from({ length: 11 }, (_, at) => sample(2_000 + at * 1_000, 10)),
    ];
    const looks = shown(busyThenIdle);
    expect(looks[10]).toMatchObject({ requestsPerSecond: 0, p50Ms: 50 });
    expect(looks[12]).toMatchObject({ requestsPerSecond: 0, p50Ms: undefined });
  });

  it('shows a replica that does not answer, without the figures of before', () => {
    const looks = shown([sample(0, 0), sample(1_000, 10), 'timeout', 'timeout']);
    expect(looks[2]).toMatchObject({ state: 'hung', inFlight: 0 });
    expect(looks[3]).toMatchObject({ state: 'hung', requestsPerSecond: 10 });
    expect(shown([sample(0, 0), sample(1_000, 10), 'refused', 'refused', 'refused'])[4]).toMatchObject({
      requestsPerSecond: 0,
    });
  });

  it.each<[string, Partial<SystemReplica>, ReplicaSample | Silence]>([
    ['down', { isDead: true, pid: undefined }, 'refused'],
    ['starting', {}, 'refused'],
    ['down', { pid: undefined }, 'refused'],
    ['hung', {}, 'timeout'],
    ['unknown', { operators: undefined }, 'refused'],
    ['draining', {}, sample(0, 0, { isDraining: true })],
    ['ready', {}, sample(0, 0)],
  ])('shows "%s" of %j', (state, change, scraped) => {
    expect(shown([scraped], { ...replica, ...change })[0]?.state).toBe(state);
  });

  it('shows for 10 s that another process took the place', () => {
    const restarted = Array.from({ length: 13 }, (_, at) => sample(at * 1_000, 3, { startedAtS: at < 1 ? 1 : 2 }));
    const looks = shown(restarted);
    expect(looks[0]?.restartedMsAgo).toBeUndefined();
    expect(looks[1]).toMatchObject({ restartedMsAgo: 0, requestsPerSecond: 3 });
    expect(looks[11]?.restartedMsAgo).toBe(10_000);
    expect(looks[12]?.restartedMsAgo).toBeUndefined();
  });

  it('adds replicas up for their service', () => {
    const board = new Board();
    const both = (at: number, requests: number) =>
      ['hello-1', 'hello-2'].map((name) => ({ replica: { ...replica, name }, scraped: sample(at, requests) }));
    board.look(both(0, 0), 0);
    expect(board.look(both(1_000, 10), 1_000)).toMatchObject([
      { name: 'hello', ready: 2, requestsPerSecond: 20, inFlight: 4, limit: 20, openCircuits: 2, replicas: [{}, {}] },
    ]);
  });
});

describe('the table of the board', () => {
  const board = new Board();
  board.look([{ replica, scraped: sample(0, 0) }], 0);
  const services = board.look(
    [
      { replica, scraped: sample(1_000, 10, { startedAtS: 2, limit: Number.POSITIVE_INFINITY }) },
      { replica: { ...replica, name: 'hello-2', isDead: true }, scraped: 'refused' },
    ],
    1_000,
  );

  it('has a row for the service, and one for each replica', () => {
    const texts = boardRows(services).map((row) => row.map((cell) => (typeof cell === 'string' ? cell : cell.text)));
    expect(texts).toEqual([
      ['hello', '', '1 of 2 ready', '10.0', '0.0', '50 ms', '99 ms', '2/∞', '1'],
      ['hello', 'hello-1', 'restarted 0 s ago', '10.0', '0.0', '50 ms', '99 ms', '2/∞', '1'],
      ['hello', 'hello-2', 'down', '0.0', '0.0', '–', '–', '0/0', '0'],
    ]);
    for (const row of texts) expect(row).toHaveLength(boardColumns.length);
  });

  it('has a line about all of it', () => {
    expect(boardTitle(services, 'http://localhost:8080')).toBe(
      'http://localhost:8080  1 services, 1 of 2 replicas ready  10.0 requests/s',
    );
  });
});
