import { describe, expect, it } from '@jest/globals';
import { Cancellation, toAbortSignal } from './cancel-signal.ts';

describe('Cancellation', () => {
  it('fires once, and says why', () => {
    const cancellation = new Cancellation();
    const seen: unknown[] = [];
    cancellation.addEventListener('abort', () => seen.push(cancellation.reason));
    expect(cancellation.aborted).toBe(false);
    cancellation.abort('first');
    cancellation.abort('second');
    expect([cancellation.aborted, cancellation.reason, seen]).toEqual([true, 'first', ['first']]);
  });

  it('calls all current listeners, and no removed one, also while it fires', () => {
    const cancellation = new Cancellation();
    const seen: string[] = [];
    const gone = () => seen.push('gone');
    const leaving = () => {
      seen.push('leaving');
      cancellation.removeEventListener('abort', leaving);
    };
    cancellation.addEventListener('abort', gone);
    cancellation.addEventListener('abort', leaving);
    cancellation.addEventListener('abort', () => seen.push('staying'));
    cancellation.removeEventListener('abort', gone);
    cancellation.removeEventListener('abort', gone);
    cancellation.abort('why');
    expect(seen).toEqual(['leaving', 'staying']);
  });
});

describe('toAbortSignal', () => {
  it('fires when the signal fires, for the same reason', () => {
    const cancellation = new Cancellation();
    const signal = toAbortSignal(cancellation);
    expect(signal.aborted).toBe(false);
    cancellation.abort('why');
    expect(signal.reason).toBe('why');
    expect(toAbortSignal(cancellation).reason).toBe('why');
  });

  it('leaves an AbortSignal as it is', () => {
    const { signal } = new AbortController();
    expect(toAbortSignal(signal)).toBe(signal);
  });
});
