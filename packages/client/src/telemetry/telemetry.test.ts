import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { problemReply, scripted, someAttempt, someCall, someError, someReply } from '../../test-fixtures/sample.ts';
import type { Call } from '../layer.ts';
import { settled, VirtualClock } from '../testing/virtual-clock.ts';
import type { Reply } from '../transport/reply.ts';
import { attemptTelemetry, callTelemetry, Telemetry } from './telemetry.ts';

let clock: VirtualClock;
let telemetry: Telemetry;
let warnings: ReturnType<typeof jest.spyOn>;
beforeEach(() => {
  clock = new VirtualClock();
  telemetry = new Telemetry();
  warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => {
  warnings.mockRestore();
});

const taking = (ms: number, reply: Reply) => async () => {
  await clock.advance(ms);
  return reply;
};

/** A call that made two attempts. */
function triedTwice(): Call {
  const call = someCall();
  for (const address of ['http://a', 'http://b']) call.tried.add(address);
  return call;
}

describe('telemetry of calls', () => {
  const call = () => callTelemetry(telemetry, 'things', clock);

  it('tells of a call as its caller sees it', async () => {
    const onCall = jest.fn();
    telemetry.subscribe({ onCall });
    await call()(scripted<Call>(taking(30, someReply(204))))(triedTwice());
    expect(onCall.mock.calls).toEqual([
      [
        {
          upstream: 'things',
          operation: 'GET /api/things/{id}',
          durationMs: 30,
          status: 204,
          code: undefined,
          traceId: undefined,
          attempts: 2,
          fate: 'success',
        },
      ],
    ]);
  });

  it('tells the code of an error reply and of an error', async () => {
    const onCall = jest.fn();
    telemetry.subscribe({ onCall });
    await call()(scripted<Call>(problemReply('not_found')))(someCall());
    await expect(call()(scripted<Call>(someError('deadline_exceeded')))(someCall())).rejects.toThrow();
    await expect(call()(scripted<Call>(() => Promise.reject(new TypeError('bug'))))(someCall())).rejects.toThrow('bug');
    expect(onCall).toHaveBeenNthCalledWith(1, expect.objectContaining({ code: 'not_found', status: 404 }));
    expect(onCall).toHaveBeenNthCalledWith(2, expect.objectContaining({ code: 'deadline_exceeded', attempts: 0 }));
    expect(onCall).toHaveBeenNthCalledWith(3, expect.objectContaining({ code: 'internal', status: undefined }));
  });
});

describe('telemetry of attempts', () => {
  it('tells of an attempt with its endpoint and its number', async () => {
    const onAttempt = jest.fn();
    telemetry.subscribe({ onAttempt });
    const send = attemptTelemetry(telemetry, 'things', clock)(scripted(someReply()));
    await send(someAttempt({ number: 2, endpoint: 'http://b' }));
    expect(onAttempt).toHaveBeenCalledWith(expect.objectContaining({ endpoint: 'http://b', attempts: 2, status: 200 }));
  });
});

describe('places of spans', () => {
  const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: false, state: 'vendor=1' };
  const headers = { traceparent: `00-${trace.traceId}-${'c'.repeat(16)}-00`, tracestate: 'vendor=1' };
  const call = someCall({ headers, context: { trace }, path: '/api/things/7?token=s3cret' });

  it('are made for a listener that wants them: the call below the request, the attempt below the call', async () => {
    const [onCall, onAttempt] = [jest.fn(), jest.fn()];
    telemetry.subscribe({ wantsSpans: true, onCall, onAttempt });
    call.tried.add('http://a');
    const wire = attemptTelemetry(telemetry, 'things', clock)(scripted(someReply()));
    await callTelemetry(telemetry, 'things', clock)((call) => wire(someAttempt({ call })))(call);
    const spanId = expect.stringMatching(/^[0-9a-f]{16}$/);
    const { traceId, isSampled, state } = trace;
    const place = { traceId, isSampled, state, localRootId: trace.spanId, startMs: clock.now(), path: '/api/things/7' };
    const expected = { ...place, parentSpanId: trace.spanId, spanId };
    expect(onCall).toHaveBeenCalledWith(expect.objectContaining({ span: expected }));
    const { span } = onCall.mock.calls.flat()[0] as { span: { spanId: string } };
    expect(onAttempt).toHaveBeenCalledWith(
      expect.objectContaining({ resends: 0, span: { ...place, parentSpanId: span.spanId, spanId: 'c'.repeat(16) } }),
    );
  });

  it('begin with the call outside a request', async () => {
    const onCall = jest.fn();
    telemetry.subscribe({ wantsSpans: true, onCall });
    await callTelemetry(telemetry, 'things', clock)(scripted<Call>(someReply()))(someCall({ headers }));
    const { span } = onCall.mock.calls.flat()[0] as { span: { spanId: string } };
    expect(span).toMatchObject({ parentSpanId: undefined, localRootId: span.spanId, traceId: trace.traceId });
  });

  it('are not made once that listener has gone', async () => {
    const onCall = jest.fn();
    telemetry.subscribe({ onCall });
    telemetry.subscribe({ wantsSpans: true })();
    await callTelemetry(telemetry, 'things', clock)(scripted<Call>(someReply()))(call);
    expect(onCall).toHaveBeenCalledWith(expect.objectContaining({ span: undefined }));
  });
});

describe('Telemetry', () => {
  it('computes nothing without a listener', async () => {
    const now = jest.spyOn(clock, 'now');
    const reply = problemReply('not_found');
    const error = jest.spyOn(reply, 'error', 'get');
    const end = telemetry.subscribe({ onCall() {} });
    end();
    await callTelemetry(telemetry, 'things', clock)(scripted<Call>(reply))(someCall());
    expect(now).not.toHaveBeenCalled();
    expect(error).not.toHaveBeenCalled();
  });

  it('ends a subscription', () => {
    const onCircuit = jest.fn();
    const end = telemetry.subscribe({ onCircuit });
    end();
    telemetry.emit('onCircuit', { upstream: 'things', endpoint: 'a', state: 'open', reason: 'failures' });
    expect(onCircuit).not.toHaveBeenCalled();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('listener broke');
      },
    ],
    ['rejects', () => Promise.reject(new Error('listener broke'))],
  ])('warns about a listener that %s, and harms neither the call nor other listeners', async (_, onCall) => {
    const other = jest.fn();
    telemetry.subscribe({ onCall });
    telemetry.subscribe({ onCall: other });
    const reply = await callTelemetry(telemetry, 'things', clock)(scripted<Call>(someReply()))(someCall());
    await settled();
    expect(reply.status).toBe(200);
    expect(other).toHaveBeenCalledTimes(1);
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(String(warnings.mock.calls[0]?.[0])).toBe('Error: listener broke');
  });

  it('lets a listener be an object with its own state', () => {
    class Counter {
      count = 0;
      onCircuit(): void {
        this.count++;
      }
    }
    const counter = new Counter();
    telemetry.subscribe(counter);
    telemetry.emit('onCircuit', { upstream: 'things', endpoint: 'a', state: 'open', reason: 'failures' });
    expect(counter.count).toBe(1);
  });
});
