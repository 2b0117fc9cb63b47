import { describe, expect, it, jest } from '@jest/globals';
import { untilAborted } from './until-aborted.ts';

describe('untilAborted', () => {
  it('gives what the work gives, and leaves no listener', async () => {
    const { signal } = new AbortController();
    const remove = jest.spyOn(signal, 'removeEventListener');
    expect(await untilAborted(async () => 1, signal)).toBe(1);
    expect(remove).toHaveBeenCalledTimes(1);
  });

  it('throws the reason of the signal as soon as it fires', async () => {
    const controller = new AbortController();
    const result = untilAborted(() => new Promise(() => {}), controller.signal);
    controller.abort(new Error('late'));
    await expect(result).rejects.toThrow('late');
  });

  it('starts nothing once the signal has fired', async () => {
    const work = jest.fn(async () => 1);
    await expect(untilAborted(work, AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
    expect(work).not.toHaveBeenCalled();
  });

  it('just works without a signal', async () => {
    expect(await untilAborted(async () => 1, undefined)).toBe(1);
  });
});
