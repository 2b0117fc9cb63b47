import { afterEach, describe, expect, it } from '@jest/globals';
import { type RunningShop, startShop } from '../../test-fixtures/shop.ts';
import { readSamples } from './exposition.ts';
import { growth, quantileMs, ratesOf } from './rates.ts';
import { type ReplicaSample, replicaSample } from './replica-sample.ts';
import { scrape } from './scrape.ts';

let shop: RunningShop | undefined;
afterEach(async () => {
  await shop?.service.stop();
  shop = undefined;
});

describe('readSamples', () => {
  it('reads names, labels and values, and leaves out what it cannot read', () => {
    const page = [
      '# HELP a_total Text.',
      'a_total 3',
      'b{route="/x",text="a\\"b\\\\c\\nd",le="+Inf"} 1.5e2 # {trace_id="1"} 0.2',
      'c +Inf',
      'nonsense',
    ];
    expect(readSamples(page.join('\n'))).toEqual([
      { name: 'a_total', labels: {}, value: 3 },
      { name: 'b', labels: { route: '/x', text: 'a"b\\c\nd', le: '+Inf' }, value: 150 },
      { name: 'c', labels: {}, value: Number.POSITIVE_INFINITY },
    ]);
  });
});

describe('a sample of a replica', () => {
  it('has what its metrics page says', async () => {
    shop = await startShop();
    await fetch(`${shop.service.url}/api/items/1`);
    await fetch(`${shop.service.url}/nowhere`);
    const sample = (await scrape(shop.service.adminUrl, () => 7)) as ReplicaSample;
    expect(sample).toMatchObject({
      atMs: 7,
      service: 'shop',
      requests: 2,
      errors: 0,
      isDraining: false,
      openCircuits: 0,
    });
    expect(sample.limit).toBeGreaterThan(0);
    expect(sample.startedAtS).toBeGreaterThan(1e9);
    expect(sample.buckets.get(Number.POSITIVE_INFINITY)).toBe(2);
  });

  it('counts errors from 500 up, and open circuits of either kind', () => {
    const page = [
      'http_server_request_duration_seconds_count{http_response_status_code="200"} 5',
      'http_server_request_duration_seconds_count{http_response_status_code="404"} 2',
      'http_server_request_duration_seconds_count{http_response_status_code="503"} 3',
      'parley_client_endpoints{upstream="a",circuit="open"} 1',
      'parley_client_endpoints{upstream="b",circuit="forced-open"} 2',
      'parley_client_endpoints{upstream="b",circuit="half-open"} 4',
    ];
    expect(replicaSample(readSamples(page.join('\n')), 0)).toMatchObject({ requests: 10, errors: 3, openCircuits: 3 });
  });

  it('says why there is none', async () => {
    shop = await startShop();
    const { adminUrl } = shop.service;
    await shop.service.stop();
    expect(await scrape(adminUrl)).toBe('refused');
  });
});

const buckets = (...counts: number[]) =>
  new Map([0.1, 0.2, Number.POSITIVE_INFINITY].map((le, at) => [le, counts[at] ?? 0]));
const sample = (atMs: number, requests: number, counts: Map<number, number>, startedAtS = 1): ReplicaSample => ({
  atMs,
  service: 'shop',
  startedAtS,
  isDraining: false,
  requests,
  errors: requests / 10,
  buckets: counts,
  inFlight: 0,
  limit: 10,
  openCircuits: 0,
});

describe('rates', () => {
  it('are what counters grew by, a second', () => {
    const grown = growth(sample(0, 10, buckets(10, 10, 10)), sample(2_000, 30, buckets(20, 30, 30)));
    expect(ratesOf([grown], [grown])).toMatchObject({ requestsPerSecond: 10, errorsPerSecond: 1, p50Ms: 100 });
  });

  it('begin at 0 with a new process', () => {
    const grown = growth(sample(0, 10, buckets(10, 10, 10)), sample(1_000, 4, buckets(4, 4, 4), 2));
    expect(grown).toMatchObject({ requests: 4, errors: 0.4 });
  });

  it('of several replicas add up', () => {
    const grown = growth(sample(0, 0, buckets()), sample(1_000, 10, buckets(10, 10, 10)));
    expect(ratesOf([grown, grown], [grown, grown]).requestsPerSecond).toBe(20);
  });
});

describe('quantileMs', () => {
  it('interpolates within a bucket', () => {
    expect(quantileMs(buckets(0, 10, 10), 0.5)).toBeCloseTo(150);
    expect(quantileMs(buckets(5, 10, 10), 0.5)).toBeCloseTo(100);
  });

  it('is the largest bound for a request beyond all, and nothing without a request', () => {
    expect(quantileMs(buckets(0, 0, 5), 0.99)).toBeCloseTo(200);
    expect(quantileMs(buckets(), 0.5)).toBeUndefined();
  });
});
