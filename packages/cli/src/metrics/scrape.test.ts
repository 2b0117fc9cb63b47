import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { now } from '@parley/contract';
import { probe } from '../operators/probe.ts';
import { scrape } from './scrape.ts';

const page = 'parley_service_info{service="shop"} 1\n';

let close: () => void = () => {};
afterEach(() => close());

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a page of metrics', () => {
  it('is read whole', async () => {
    expect(await scrape(await serve((_, response) => response.end(page)))).toMatchObject({ service: 'shop' });
  });

  it('is not read beyond a number of bytes: a port that is no service may send for ever', async () => {
    const url = await serve((_, response) => response.end(page.repeat(100)));
    expect(await scrape(url, now, undefined, 1_000)).toBe('refused');
    expect(await scrape(url, now, undefined, 10_000)).toMatchObject({ service: 'shop' });
  });
});

it('an operators’ port leads neither metrics nor probes to another address', async () => {
  const asked: string[] = [];
  const url = await serve(({ url = '' }, response) => {
    asked.push(url);
    if (url === '/secret') response.end(page);
    else response.writeHead(302, { location: '/secret' }).end();
  });
  expect(await scrape(url)).toBe('refused');
  expect(await probe({ ...replica, operators: url })).toBe('draining');
  expect(asked).toEqual(['/metrics', '/readyz']);
});

const replica = { service: 'shop', name: 'shop-1', address: undefined, operators: undefined, pid: 1, isDead: false };
