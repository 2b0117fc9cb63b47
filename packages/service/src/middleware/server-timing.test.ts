import { describe, expect, it } from '@jest/globals';
import { type CallContext, currentContext } from '@parley/contract';
import { letTimePass } from '../../../../test/passing-time.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';

describe.each(protocols)('server-timing over $protocol', ({ request }) => {
  it('reports the time of the service to a caller that asks', async () => {
    const getVisit = async ({ id }: { id: string }) => {
      letTimePass(30);
      return { id, name: 'Ada' };
    };
    const { headers } = await request(visitsApp({ getVisit }).app)
      .get('/api/visits/1')
      .set('x-explain', '1')
      .expect(200);
    const [, durationMs, ownMs] = /^visits;dur=(\d+\.\d);own=(\d+\.\d)$/.exec(String(headers['server-timing'])) ?? [];
    expect(Number(durationMs)).toBeGreaterThanOrEqual(30);
    expect(Number(durationMs)).toBeLessThan(5000);
    expect(ownMs).toBe(durationMs);
  });

  it('adds the times of the hops below, up to eight', async () => {
    const getVisit = async ({ id }: { id: string }, context?: CallContext) => {
      context?.timings?.push('hello;dur=4.1, greetings;dur=2.0');
      currentContext().timings?.push(...Array<string>(9).fill('other;dur=1'));
      return { id, name: 'Ada' };
    };
    const { headers } = await request(visitsApp({ getVisit }).app)
      .get('/api/visits/1')
      .set('x-explain', '1')
      .expect(200);
    const entries = String(headers['server-timing']).split(', ');
    expect(entries).toHaveLength(8);
    expect(entries.slice(0, 4).map((entry) => entry.replace(/\d+\.\d;own=.*|\d+\.\d$/, ''))).toEqual([
      'visits;dur=',
      'hello;dur=',
      'greetings;dur=',
      'other;dur=1',
    ]);
  });

  it('tells its own time apart from that of the hops that it called', async () => {
    const getVisit = async ({ id }: { id: string }) => {
      letTimePass(60);
      currentContext().timings?.push(
        'hello;dur=20.5;own=1, greetings;dur=19.5',
        'hello;dur=20',
        'cdn;desc=hit, other;dur=9',
      );
      return { id, name: 'Ada' };
    };
    const { headers } = await request(visitsApp({ getVisit }).app).get('/api/visits/1').set('x-explain', '1');
    const [, durationMs, ownMs] =
      /^visits;dur=([^;]+);own=([^,]+), hello;/.exec(String(headers['server-timing'])) ?? [];
    expect(Number(durationMs) - Number(ownMs)).toBeCloseTo(40.5, 0);
  });

  it('is on failures, and on long answers that are compressed', async () => {
    const { app } = visitsApp();
    await request(app)
      .get('/nothing')
      .set('x-explain', '1')
      .expect(404)
      .expect('server-timing', /^visits;dur=/);
    await request(app)
      .get('/api/visits?limit=2000')
      .set('x-explain', '1')
      .expect('content-encoding', /./)
      .expect('server-timing', /^visits;dur=/);
  });

  it('reports nothing to a caller that does not ask, and keeps no place for it', async () => {
    let context: CallContext | undefined;
    const latestVisit = async () => {
      context = currentContext();
      return { id: '1' };
    };
    const { app } = visitsApp({ latestVisit });
    for (const headers of [{}, { 'x-explain': '0' }, { 'x-request-timeout-ms': '900' }]) {
      const reply = await request(app).get('/api/visits/latest').set(headers).expect(200);
      expect(reply.headers).not.toHaveProperty('server-timing');
      expect(context).not.toHaveProperty('timings');
    }
  });
});
