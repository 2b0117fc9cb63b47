import { describe, expect, it } from '@jest/globals';
import { AttemptsLeft, runInContext } from '@parley/contract';
import { inheritedContext } from './inherited-context.ts';

describe('inherited context', () => {
  it('is what the caller says outside a request', () => {
    expect(inheritedContext({})).toEqual({});
    expect(inheritedContext({ requestId: 'mine', deadlineMs: 5 })).toEqual({ requestId: 'mine', deadlineMs: 5 });
  });

  it('is that of the request, with what the caller says on top', () => {
    const context = runInContext({ requestId: 'theirs', deadlineMs: 7 }, () => inheritedContext({ requestId: 'mine' }));
    expect(context).toEqual({ requestId: 'mine', deadlineMs: 7 });
  });

  it('shares the attempts left with all calls of the request', () => {
    const attemptsLeft = new AttemptsLeft(2);
    const contexts = runInContext({ attemptsLeft }, () => [
      inheritedContext(),
      inheritedContext({ requestId: 'mine' }),
    ]);
    expect(contexts.map((context) => context.attemptsLeft === attemptsLeft)).toEqual([true, true]);
  });

  it('leaves the key of the request behind: it names that request, not what is called for it', () => {
    const served = { idempotencyKey: 'theirs', priority: 'critical' as const };
    expect(runInContext(served, () => inheritedContext())).toEqual({ priority: 'critical' });
    expect(runInContext(served, () => inheritedContext({ idempotencyKey: 'mine' })).idempotencyKey).toBe('mine');
  });

  it.each([
    [7, 5],
    [5, 7],
  ])('ends at the earlier of the deadlines %d and %d', (served, explicit) => {
    expect(runInContext({ deadlineMs: served }, () => inheritedContext({ deadlineMs: explicit }))).toEqual({
      deadlineMs: 5,
    });
  });

  it.each(['served', 'explicit'])('ends when the %s signal fires', (which) => {
    const served = new AbortController();
    const explicit = new AbortController();
    const { signal } = runInContext({ signal: served.signal }, () => inheritedContext({ signal: explicit.signal }));
    expect(signal?.aborted).toBe(false);
    (which === 'served' ? served : explicit).abort('over');
    expect(signal).toMatchObject({ aborted: true, reason: 'over' });
  });
});
