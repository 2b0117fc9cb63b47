import { describe, expect, it } from '@jest/globals';
import type { Recent } from './recent.ts';
import { traceEntries } from './trace-entries.ts';

const at = (ms: number) => new Date(1_700_000_000_000 + ms).toISOString();
const base = { operation: 'GET /', status: 500, code: 'internal', reason: 'failed' as const, requestId: 'r1' };
const request = (replica: string, startMs: number, durationMs: number, requestId = 'r1'): Recent => ({
  ...{ ...base, kind: 'request', requestId, method: 'GET', scheme: 'http' as const },
  ...{ service: replica.replace(/-\d+$/, ''), replica, startedAt: at(startMs), durationMs },
});
const call = (replica: string, upstream: string, startMs: number, durationMs: number, requestId = 'r1'): Recent => ({
  ...{ ...base, kind: 'call', requestId, upstream, fate: 'not_retryable', attempts: 1, timeline: [], events: [] },
  ...{ service: replica.replace(/-\d+$/, ''), replica, startedAt: at(startMs), durationMs },
});

const outline = (recent: readonly Recent[]) =>
  traceEntries(recent).map(({ depth, kind, replica, atMs }) => `${'  '.repeat(depth)}${kind} ${replica} ${atMs}`);

describe('the entries of a trace', () => {
  it('are a tree across services, in the order of time', () => {
    const recent = [
      request('greetings-2', 130, 20),
      call('hello-1', 'greetings', 20, 60),
      request('hello-1', 10, 200),
      call('hello-1', 'greetings', 125, 40),
      request('greetings-1', 25, 50),
      call('shop-1', 'hello', 5, 210),
      request('shop-1', 0, 220),
    ];
    expect(outline(recent)).toEqual([
      'request shop-1 0',
      '  call shop-1 5',
      '    request hello-1 10',
      '      call hello-1 20',
      '        request greetings-1 25',
      '      call hello-1 125',
      '        request greetings-2 130',
    ]);
  });

  it('begin where nothing is known of what made them', () => {
    expect(outline([request('greetings-1', 5, 1), call('hello-1', 'other', 0, 9)])).toEqual([
      'call hello-1 0',
      'request greetings-1 5',
    ]);
  });

  it('keep apart the calls of two requests at the same time', () => {
    const recent = [
      request('hello-1', 0, 50, 'r1'),
      request('hello-1', 0, 40, 'r2'),
      call('hello-1', 'x', 10, 5, 'r1'),
    ];
    expect(outline(recent)).toEqual(['request hello-1 0', '  call hello-1 10', 'request hello-1 0']);
  });

  it('are all there where a service calls itself', () => {
    const recent = [call('a-1', 'a', 1, 10), request('a-1', 2, 8), request('a-1', 0, 12)];
    expect(
      outline(recent)
        .map((line) => line.trim())
        .sort(),
    ).toEqual(['call a-1 1', 'request a-1 0', 'request a-1 2']);
  });

  it('bear clocks that differ a little', () => {
    expect(outline([call('hello-1', 'greetings', 40, 10), request('greetings-1', 10, 8)])).toEqual([
      'call hello-1 30',
      '  request greetings-1 0',
    ]);
  });
});
