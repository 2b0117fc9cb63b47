import { describe, expect, it } from '@jest/globals';
import { protocols } from '../../test-fixtures/protocols.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';

const report = /^TEXT application_utilization=\d+\.\d\d, named_metrics\.in_flight=1$/;

describe.each(protocols)('load-report over $protocol', ({ request }) => {
  it('tells a caller that sends a timeout how busy the service is, on a failure too', async () => {
    const { app } = visitsApp();
    const asking = (path: string) => request(app).get(path).set('x-request-timeout-ms', '900');
    await asking('/api/visits/1').expect(200).expect('endpoint-load-metrics', report);
    await asking('/nothing').expect(404).expect('endpoint-load-metrics', report);
  });

  it('says the part of the limit that is taken', async () => {
    const { app } = visitsApp({}, { maxInFlight: 1 });
    const { headers } = await request(app).get('/api/visits/1').set('x-request-timeout-ms', '900').expect(200);
    expect(headers['endpoint-load-metrics']).toBe('TEXT application_utilization=1.00, named_metrics.in_flight=1');
  });

  it('says nothing to others', async () => {
    const { headers } = await request(visitsApp().app).get('/api/visits/1').expect(200);
    expect(headers).not.toHaveProperty('endpoint-load-metrics');
  });
});
