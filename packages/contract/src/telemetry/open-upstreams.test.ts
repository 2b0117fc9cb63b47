import { describe, expect, it, jest } from '@jest/globals';
import { announceUpstream, type OpenUpstream, openUpstreams, watchUpstreams } from './open-upstreams.ts';

const upstream = (name: string): OpenUpstream => ({
  name,
  status: () => ({ name, endpoints: [], concurrency: { limit: 1, inFlight: 0, queued: 0 }, retryBudget: 0 }),
  subscribe: () => () => {},
  circuit: () => ({ forceOpen() {}, forceClose() {}, auto() {} }),
});

describe('the upstreams of a process', () => {
  it('are known from when they are opened to when they are closed', () => {
    const [one, two] = [upstream('one'), upstream('two')];
    const closeOne = announceUpstream(one);
    const closeTwo = announceUpstream(two);
    expect(openUpstreams()).toEqual([one, two]);
    closeOne();
    expect(openUpstreams()).toEqual([two]);
    closeTwo();
    expect(openUpstreams()).toEqual([]);
  });

  it('are told to a watcher, those that are open already and those that come', () => {
    const closeOne = announceUpstream(upstream('one'));
    const watch = jest.fn(() => () => {});
    const end = watchUpstreams(watch);
    const closeTwo = announceUpstream(upstream('two'));
    end();
    const closeThree = announceUpstream(upstream('three'));
    expect(watch.mock.calls).toMatchObject([[{ name: 'one' }], [{ name: 'two' }]]);
    for (const close of [closeOne, closeTwo, closeThree]) close();
  });

  it('are watched until they close, or the watch ends', () => {
    const ended: string[] = [];
    const end = watchUpstreams(
      ({ name }) =>
        () =>
          void ended.push(name),
    );
    const closeOne = announceUpstream(upstream('one'));
    const closeTwo = announceUpstream(upstream('two'));
    closeOne();
    expect(ended).toEqual(['one']);
    end();
    expect(ended).toEqual(['one', 'two']);
    closeTwo();
    expect(ended).toEqual(['one', 'two']);
  });
});
