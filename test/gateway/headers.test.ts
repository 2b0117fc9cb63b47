import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kindOf, type RunningGateway, startGateway, testedGateways } from '../running-gateway.ts';
import { sendRawForAnswers } from '../send-raw.ts';

/** What a service got. */
interface Got {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** Each of them once, whatever a client does. */
const ours = ['host', 'x-request-id', 'traceparent', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'];
/** What a client could say of its address, of the path, or of how a service treats it. */
const edge = [
  'x-request-priority',
  'x-attempts-left',
  'x-explain',
  'forwarded',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-server',
  'x-forwarded-client-cert',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'x-original-url',
  'x-rewrite-url',
];
/** Of the connection to the client alone. */
const hopByHop = ['proxy-connection', 'http2-settings', 'trailer'];
/** None of them, in whatever form. */
const never = [...edge, ...hopByHop, 'te', 'keep-alive', 'upgrade', 'expect', 'transfer-encoding'];
/** What a service could steer nginx with. */
const accelerated = { 'x-accel-redirect': '/api/greetings', 'x-accel-limit-rate': '1', 'x-accel-expires': '60' };
const smuggled = 'GET /api/hello?name=smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
const spoofed = [...ours.slice(1), ...edge, ...hopByHop, 'x-request-timeout-ms', 'content-length', 'accept-charset'];

/** A service that answers with what it got. */
let service: Server;
let address: string;
beforeAll(async () => {
  service = createServer(async (request, response) => {
    const { method = '', url = '', rawHeaders } = request;
    const got: Got = { method, url, rawHeaders, body: await text(request) };
    response.setHeaders(new Map(Object.entries(accelerated)));
    response.end(JSON.stringify(got));
  });
  await once(service.listen(0, '127.0.0.1'), 'listening');
  address = `127.0.0.1:${(service.address() as AddressInfo).port}`;
});
afterAll(() => {
  service.closeAllConnections();
  service.close();
});

describe.each(testedGateways())('through %s a service', (name) => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway(name, { hello: [address] });
  }, 30_000);
  afterAll(() => gateway?.stop());

  /** What the service gets of a request with these headers and body. */
  async function got(headers: string, body = '', target = '/api/hello?name=mine'): Promise<Got> {
    const bytes = `GET ${target} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;
    const answers = await sendRawForAnswers(gateway.port, bytes, 1);
    expect(answers.map(({ status }) => status)).toEqual([200]);
    const [, json = ''] = /(\{.*\})/s.exec(answers[0]?.body ?? '') ?? [];
    return JSON.parse(json);
  }

  function headersOf({ rawHeaders }: Got): Record<string, string[]> {
    const all: Record<string, string[]> = {};
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = (rawHeaders[index] ?? '').toLowerCase();
      all[name] = [...(all[name] ?? []), rawHeaders[index + 1] ?? ''];
    }
    return all;
  }

  function expectOurs(one: Got, body = ''): void {
    const headers = headersOf(one);
    expect(ours.filter((name) => headers[name]?.length !== 1)).toEqual([]);
    const names = Object.keys(headers);
    expect(names.filter((name) => !/^[a-z0-9-]+$/.test(name))).toEqual([]);
    // HAProxy passes chunks on as they come.
    const own = kindOf(name) === 'haproxy' ? ['transfer-encoding'] : [];
    expect(names.filter((one) => never.includes(one) && !own.includes(one))).toEqual([]);
    expect(headers).toMatchObject({
      host: ['x'],
      'x-forwarded-for': ['127.0.0.1'],
      'x-forwarded-proto': ['http'],
      'x-forwarded-host': ['x'],
      'x-request-id': [expect.stringMatching(/^[\w.-]{1,64}$/)],
      traceparent: [expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-\d\d$/)],
    });
    expect(one).toMatchObject({ method: 'GET', url: '/api/hello?name=mine', body });
    expect(['', 'close', 'keep-alive']).toContain(headers.connection?.join().toLowerCase() ?? '');
    if (!headers['transfer-encoding']) expect(headers['content-length'] ?? ['0']).toEqual([String(body.length)]);
  }

  it('steers the gateway by no header, and shows none of these to the client', async () => {
    const answer = await fetch(`${gateway.url}/api/hello?name=mine`);
    expect(await answer.json()).toMatchObject({ url: '/api/hello?name=mine' });
    for (const header of Object.keys(accelerated)) expect([header, answer.headers.get(header)]).toEqual([header, null]);
  });

  it('gets a body that looks like a request as the body that it is, whatever Connection names', async () => {
    for (const connection of [
      'close',
      'Content-Length',
      'close, content-length',
      'Host, Transfer-Encoding',
      '\t,, X',
    ]) {
      const headers = `Connection: ${connection}\r\nContent-Length: ${smuggled.length}\r\n`;
      expectOurs(await got(headers, smuggled), smuggled);
      const chunks = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\nX-Explain: 1\r\n\r\n`;
      expectOurs(await got(`Connection: ${connection}\r\nTransfer-Encoding: chunked\r\n`, chunks), smuggled);
    }
  });

  it.each([...ours, 'content-length', 'expect', 'connection'])(
    'gets ours though Connection names %s',
    async (named) => {
      expectOurs(await got(`Connection: ${named}\r\nConnection: ${named.toUpperCase()}, close\r\n`));
    },
  );

  it.each(spoofed)('gets no %s of a client, once or twice, in no form of its name', async (spoofedName) => {
    const folded = [
      spoofedName.replaceAll('-', '_'),
      spoofedName.replaceAll('-', '.'),
      `${spoofedName}_`,
      `!${spoofedName}`,
    ];
    const others = folded.filter((form) => form !== spoofedName).map((form) => `${form}: 6.6.6.6\r\n`);
    const own = spoofedName === 'content-length' || spoofedName === 'accept-charset' ? '' : `${spoofedName}: 6 6\r\n`;
    const seen = await got(`${own}${others.join('')}${own}Connection: close\r\n`);
    expectOurs(seen);
    expect(seen.rawHeaders.filter((value) => /6\.6\.6\.6|^6 6/.test(value))).toEqual([]);
  });

  it('gets what a client says of itself', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const said = {
      'x-request-id': 'mine',
      traceparent,
      tracestate: 'a=1',
      'x-request-timeout-ms': '500',
      authorization: 'Bearer x',
      'x-own': 'y',
    };
    const lines = Object.entries(said).map(([key, value]) => `${key}: ${value}\r\n`);
    const headers = headersOf(await got(`${lines.join('')}Connection: close\r\n`));
    for (const [key, value] of Object.entries(said)) expect(headers[key]).toEqual([value]);
  });

  it.each([
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
  ])('gets a new trace, and no tracestate, in place of the traceparent %s', async (traceparent) => {
    const lines = `traceparent: ${traceparent}\r\ntracestate: a=1\r\nConnection: close\r\n`;
    const headers = headersOf(await got(lines));
    expect(headers.traceparent).toEqual([expect.stringMatching(/^00-(?!0af7)[0-9a-f]{32}-[0-9a-f]{16}-01$/)]);
    expect(headers.tracestate).toBeUndefined();
  });

  it('gets the traceparent of a later version, and its tracestate', async () => {
    const traceparent = 'cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03-more';
    const lines = `traceparent: ${traceparent}\r\ntracestate: a=1,b=2\r\nConnection: close\r\n`;
    const headers = headersOf(await got(lines));
    expect(headers.traceparent).toEqual([traceparent]);
    expect(headers.tracestate).toEqual(['a=1,b=2']);
  });

  // HAProxy appends ours, and refuses more headers than a service takes.
  (kindOf(name) === 'haproxy' ? it.skip : it)('gets ours first where a client sends many', async () => {
    const seen = await got(`${'a: b\r\n'.repeat(900)}Connection: close\r\n`);
    expectOurs(seen);
    expect(seen.rawHeaders.indexOf('a')).toBeGreaterThan(seen.rawHeaders.indexOf('127.0.0.1'));
  });

  it('gets the host of an absolute target, and the path alone', async () => {
    // HAProxy refuses a target whose host is not the Host.
    const host = kindOf(name) === 'haproxy' ? 'x' : 'other';
    const seen = await got(
      'Connection: close\r\n',
      '',
      `http://${host === 'x' ? host : 'Other:81'}/api/hello?name=mine`,
    );
    expect(seen.url).toBe('/api/hello?name=mine');
    expect(headersOf(seen)).toMatchObject({ host: [host], 'x-forwarded-host': ['x'] });
  });
});
