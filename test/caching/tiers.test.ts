import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { gatewaysHere } from '../running-gateway.ts';
import { type Asked, startTiers, type Tiers } from './running-tiers.ts';

const hour = 3_600_000;
const fresh = { 'cache-control': 'max-age=60', etag: '"1"' };
/** Old as soon as it arrives: no test waits for that. */
const stale = { ...fresh, age: '70' };
const two = { headers: { ...fresh, etag: '"2"' }, body: 'two' };

describe.each(gatewaysHere())('through %s, a reply', (name) => {
  let tiers: Tiers;
  beforeAll(async () => {
    tiers = await startTiers(name);
  }, 30_000);
  afterAll(() => tiers?.stop());

  it('is asked for while nothing is stored, and not while it is fresh', async () => {
    tiers.answering({ headers: fresh }, two);
    expect([await tiers.ask(), await tiers.ask()]).toEqual(['200 one stored', '200 one hit']);
    expect(tiers.asked).toHaveLength(1);
  });

  it('says how old it is', async () => {
    tiers.answering({ headers: { ...fresh, age: '17' } });
    await tiers.ask();
    const age = Number((await tiers.fetch()).headers.get('age'));
    expect(age).toBeGreaterThanOrEqual(17);
    expect(age).toBeLessThan(60);
  });

  it('is confirmed once it is stale, and its headers are those of the 304 then', async () => {
    tiers.answering({ headers: { ...stale, 'x-shown': 'one', 'x-kept': 'one' } }, ({ headers }) => ({
      status: headers['if-none-match'] === '"1"' ? 304 : 500,
      headers: { ...fresh, 'x-shown': 'two' },
    }));
    expect([await tiers.ask(), await tiers.ask()]).toEqual(['200 one stored', '200 one validated']);
    const { headers } = await tiers.fetch();
    expect([headers.get('x-shown'), headers.get('x-kept'), headers.get('content-type')]).toEqual([
      'two',
      'one',
      'text/plain',
    ]);
    expect(tiers.asked).toHaveLength(2);
  });

  it('is replaced once it is stale and has changed', async () => {
    tiers.answering({ headers: stale }, two);
    expect([await tiers.ask(), await tiers.ask(), await tiers.ask()]).toEqual([
      '200 one stored',
      '200 two stored',
      '200 two hit',
    ]);
    expect(tiers.asked[1]?.headers['if-none-match']).toBe('"1"');
  });

  it('is used while one request renews it, within stale-while-revalidate', async () => {
    const renewed = { ...stale, 'cache-control': 'max-age=60, stale-while-revalidate=30' };
    tiers.answering({ headers: renewed }, two);
    await tiers.ask();
    expect(await Promise.all([tiers.ask(), tiers.ask()])).toEqual(['200 one stale', '200 one stale']);
    await eventually(async () => (await tiers.ask()) === '200 two hit');
    expect(tiers.asked).toHaveLength(2);
  });

  it.each([500, 502, 503, 504])('stands in for a %d within stale-if-error, and no longer', async (status) => {
    const failing = { status, headers: { 'cache-control': 'no-store' }, body: 'failed' };
    tiers.answering({ headers: { ...stale, 'cache-control': 'max-age=60, stale-if-error=30' } }, failing);
    await tiers.ask();
    expect(await tiers.ask()).toBe('200 one stale');
    tiers.answering({ headers: { ...stale, 'cache-control': 'max-age=60, stale-if-error=5' } }, failing);
    await tiers.ask();
    expect((await tiers.fetch()).status).toBe(status);
  });

  it('is outdated by a write to its path or Location, and by no refused one', async () => {
    tiers.answering({ headers: fresh });
    for (const path of ['/api/visits', '/api/visits/7', '/api/visits/8']) await tiers.ask({ path });
    const write = { method: 'POST', body: '{}' };
    await tiers.ask(write);
    expect(await tiers.ask()).toBe('200 one stored');
    expect(await tiers.ask({ path: '/api/visits/7' })).toBe('200 one hit');
    tiers.answering({ headers: fresh }, { status: 409 }, { status: 201, headers: { location: '/api/visits/7' } }, two);
    await tiers.ask({ path: '/api/visits/7' });
    await tiers.ask(write);
    expect(await tiers.ask({ path: '/api/visits/7' })).toBe('200 one hit');
    await tiers.ask(write);
    expect(await tiers.ask({ path: '/api/visits/7' })).toBe('200 two stored');
  });

  it('is outdated by a write that names its group', async () => {
    const grouped = (groups: string) => ({ headers: { ...fresh, 'cache-groups': groups } });
    const write = { status: 204, headers: { 'cache-group-invalidation': '"b"' }, body: '' };
    tiers.answering(grouped('"a", "b"'), grouped('"c"'), write, two);
    for (const path of ['/api/visits?page=1', '/api/visits?page=2']) await tiers.ask({ path });
    await tiers.ask({ method: 'DELETE', path: '/api/visits/7' });
    expect(await tiers.ask({ path: '/api/visits?page=1' })).toBe('200 two stored');
    expect(await tiers.ask({ path: '/api/visits?page=2' })).toBe('200 one hit');
  });

  it('is one for each value of what Vary names, and of no use with *', async () => {
    tiers.answering(({ headers }) => ({
      headers: { ...fresh, vary: 'accept-language' },
      body: `in ${headers['accept-language']}`,
    }));
    const asked = [];
    for (const language of ['en', 'fr', 'en', 'fr'])
      asked.push(await tiers.ask({ headers: { 'accept-language': language } }));
    expect(asked).toEqual(['200 in en stored', '200 in fr stored', '200 in en hit', '200 in fr hit']);
    tiers.answering({ headers: { ...fresh, vary: 'accept-language, *' } });
    expect([await tiers.ask(), await tiers.ask()]).toEqual(['200 one not stored', '200 one not stored']);
  });

  it('is for its caller alone, in a private cache, and for all in a shared one only if it says so', async () => {
    const own = ({ headers }: Asked) => ({ headers: fresh, body: `for ${headers.authorization}` });
    const by = (authorization: string, isShared: boolean) => ({ headers: { authorization }, isShared });
    tiers.answering(own);
    for (const each of ['Ada', 'Eve', 'Ada']) await tiers.ask(by(each, false));
    expect([await tiers.ask(by('Ada', false)), await tiers.ask(by('Eve', false))]).toEqual([
      '200 for Ada hit',
      '200 for Eve hit',
    ]);
    expect([await tiers.ask(by('Ada', true)), await tiers.ask(by('Eve', true))]).toEqual([
      '200 for Ada not stored',
      '200 for Eve not stored',
    ]);
    for (const [control, isStored] of [
      ['public, max-age=60', true],
      ['private, max-age=60', false],
      ['private="", max-age=60', false],
    ] as const) {
      tiers.answering({ headers: { ...fresh, 'cache-control': control } });
      await tiers.ask(by('Ada', true));
      expect(await tiers.ask(by('Eve', true))).toBe(isStored ? '200 one hit' : '200 one not stored');
    }
  });

  it('that sets a cookie is given to no other caller', async () => {
    tiers.answering({ headers: { ...fresh, 'set-cookie': ['session=1'] } });
    for (const isShared of [false, true]) {
      await tiers.ask({ isShared });
      expect(await tiers.ask({ isShared })).toBe('200 one not stored');
    }
  });

  it('is a part of what is stored whole, or stored in part, and its rest is asked for alone', async () => {
    const ofPart = (range: string, length: string) => ({ ...fresh, 'content-range': range, 'content-length': length });
    const part = { status: 206, headers: ofPart('bytes 0-1/5', '2'), body: 'wh' };
    tiers.answering(part, ({ headers }) => ({
      status: headers['if-range'] === '"1"' && headers.range === 'bytes=2-' ? 206 : 500,
      headers: ofPart('bytes 2-4/5', '3'),
      body: 'ole',
    }));
    expect(await tiers.ask({ headers: { range: 'bytes=0-1' } })).toBe('206 wh stored');
    expect(await tiers.ask({ headers: { range: 'bytes=1-1' } })).toBe('206 h hit');
    expect(await tiers.ask()).toBe('200 whole stored');
    expect(await tiers.ask({ headers: { range: 'bytes=1-2' } })).toBe('206 ho hit');
    expect(tiers.asked).toHaveLength(2);
  });

  it('answers HEAD too, and is outdated by a HEAD that describes another one', async () => {
    tiers.answering({ headers: stale }, { headers: { etag: '"2"' } }, two);
    await tiers.ask();
    expect((await tiers.fetch({ method: 'HEAD' })).headers.get('etag')).toBe('"2"');
    expect(await tiers.ask()).toBe('200 two stored');
    expect(await tiers.ask({ method: 'HEAD' })).toBe('200 hit');
    expect(tiers.asked.map(({ method }) => method)).toEqual(['GET', 'HEAD', 'GET']);
  });

  it('is 304 for a caller that has it', async () => {
    tiers.answering({ headers: fresh });
    await tiers.ask();
    expect(await tiers.ask({ headers: { 'if-none-match': 'W/"1"' } })).toBe('304 hit');
    expect(await tiers.ask({ headers: { 'if-none-match': '"2"' } })).toBe('200 one hit');
    expect(tiers.asked).toHaveLength(1);
  });

  // nginx sends a `Date` of its own.
  it.each([
    ['an hour ahead', hour, 'hit'],
    ['an hour behind', -hour, name === 'nginx' ? 'hit' : 'not stored'],
  ])('of a service whose clock is %s is fresh no longer than it should be', async (_, skewMs, second) => {
    const date = new Date(Date.now() + skewMs).toUTCString();
    tiers.answering({ headers: { 'cache-control': 'max-age=60', date } });
    await tiers.ask();
    const response = await tiers.fetch();
    expect(await tiers.ask()).toBe(`200 one ${second}`);
    expect(Number(response.headers.get('age'))).toBeLessThan(60);
  });

  it.each([
    ['max-age=0', '0', '200 one validated'],
    ['max-age=60', '0', '200 one hit'],
    ['max-age=60', '60', '200 one validated'],
    ['max-age=2147483648', '2147483647', '200 one hit'],
    ['max-age=99999999999999999999', '0', '200 one hit'],
    ['max-age=60', '99999999999999999999', '200 one validated'],
    ['max-age=60', '-1', '200 one hit'],
    ['max-age=60', 'soon', '200 one hit'],
  ])('with %s that is %s s old is %s', async (control, age, second) => {
    const headers = { etag: '"1"', 'cache-control': control, age };
    tiers.answering({ headers }, { status: 304, headers: { etag: '"1"' } });
    await tiers.ask();
    expect(await tiers.ask()).toBe(second);
  });

  it.each([
    ['max-age=60, max-age=0', '200 one validated'],
    ['max-age=sixty', '200 one validated'],
    ['max-age="60"', '200 one hit'],
    ['MAX-AGE=60', '200 one hit'],
    ['max-age=60, =, "', '200 one validated'],
    ['max-age=60, no-cache="x', '200 one validated'],
    [',,, max-age=60 ,,', '200 one hit'],
    ['no-store, max-age=60', '304 not stored'],
  ])('whose Cache-Control is %s is never fresh by mistake: %s', async (control, second) => {
    tiers.answering({ headers: { etag: '"1"', 'cache-control': control } }, { status: 304, headers: { etag: '"1"' } });
    await tiers.ask();
    expect(await tiers.ask()).toBe(second);
  });

  it.each([
    [{ expires: '0' }, 'not stored'],
    [{ expires: 'Thu, 01 Jan 1970 00:00:00 GMT' }, 'not stored'],
    [{ etag: 'no quotes', 'cache-control': 'max-age=60' }, 'stored'],
    [{ 'cache-groups': '"a', 'cache-control': 'max-age=60' }, 'stored'],
    [{}, 'not stored'],
  ])('with %j is %s', async (headers, first) => {
    tiers.answering({ headers: headers as Record<string, string> });
    expect(await tiers.ask()).toBe(`200 one ${first}`);
  });
});
