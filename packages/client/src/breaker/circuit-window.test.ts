import { describe, expect, it, jest } from '@jest/globals';
import { holding } from '../../test-fixtures/sample.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { CircuitWindow, windowBuckets } from './circuit.ts';

describe('circuitWindow', () => {
  it('turns once around in circuitWindowMs, also when that is changed', async () => {
    const clock = new VirtualClock();
    const options = { circuitWindowMs: 10_000 };
    const window = new CircuitWindow(holding(options), clock);
    const onRotate = jest.fn();
    window.rotation.on('rotate', onRotate);
    await clock.advance(10_000);
    expect(onRotate).toHaveBeenCalledTimes(windowBuckets);
    options.circuitWindowMs = 1_000;
    await clock.advance(2_000);
    expect(onRotate).toHaveBeenCalledTimes(2 * windowBuckets + 1); // what was under way took as long as was said then
    window.close();
    expect(clock.pending).toBe(0);
  });
});
