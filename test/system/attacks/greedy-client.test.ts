import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { has } from '../../needs.ts';
import { type Addresses, type RunningGateway, startGateway, startHaproxy } from '../../running-gateway.ts';
import { type RunningService, startMain } from '../../running-service.ts';
import { startCalls } from '../../steady-load.ts';
import { listedPerSecond } from './greedy/work.ts';

/** Multiples of what the service can do that the greedy client asks for, one after the other. */
const factors = [2, 6];
const phaseMs = 4_000;
const modestPerSecond = 10;
/** Nobody waits longer for a greeting. */
const patienceMs = 5_000;

const ways = ['straight', ...(has('nginx') ? ['nginx'] : []), ...(has('HAProxy') ? ['HAProxy'] : [])];
const starters: Readonly<Record<string, typeof startHaproxy>> = {
  nginx: (addresses: Addresses) => startGateway('nginx', addresses),
  HAProxy: startHaproxy,
};

let service: RunningService;
let gateway: RunningGateway | undefined;

afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  expect(await service.stop()).toBe(0);
}, 30_000);

/** Numbers the addresses that clients pretend to have. */
let forged = 0;

/** A client with an address of its own, as gateway and service see it. It says of each request that it comes from elsewhere. */
function clientAt(localAddress: string, url: string) {
  const agent = new Agent({ keepAlive: true });
  const endings: Record<string, number> = {};
  const times: number[] = [];
  const call = async () => {
    const sentMs = performance.now();
    const ending = await ask(agent, localAddress, `${url}/api/greetings`);
    if (ending === 200) times.push(performance.now() - sentMs);
    endings[ending] = (endings[ending] ?? 0) + 1;
    return ending === 200 ? undefined : String(ending);
  };
  return { call, endings, slowestMs: () => Math.round(Math.max(...times)), close: () => agent.destroy() };
}

function ask(agent: Agent, localAddress: string, url: string): Promise<number | string> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(patienceMs);
    const headers = { 'x-forwarded-for': `10.1.${forged >> 8}.${forged++ & 0xff}` };
    const asked = request(url, { agent, localAddress, signal, headers }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      reply
        .on('error', ({ message }) => resolve(message))
        .on('end', () => {
          const code = /urn:parley:problem:(\w+)/.exec(text)?.[1];
          resolve(reply.statusCode === 200 ? 200 : `${reply.statusCode} ${code ?? 'of the gateway'}`);
        });
    });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
  });
}

describe.each(ways)('a greedy client, %s', (way) => {
  it('takes nothing from another caller with few requests', async () => {
    const environment = way === 'straight' ? {} : { TRUSTED_PROXIES: '127.0.0.1' };
    service = await startMain('test/system/attacks/greedy/service.ts', environment);
    const { host } = new URL(service.url);
    gateway = await starters[way]?.({ greetings: [host], hello: [host], guestbook: [host] });
    const url = gateway?.url ?? service.url;
    const greedy = clientAt('127.0.0.2', url);
    const modest = clientAt('127.0.0.3', url);

    const modestLoad = startCalls(modestPerSecond, modest.call);
    for (const factor of factors) {
      const load = startCalls(factor * listedPerSecond, greedy.call);
      await pause(phaseMs);
      await load.stop();
    }
    const { sent, slowestMs } = await modestLoad.stop();
    const served = (modest.endings[200] ?? 0) / sent;
    console.info(
      `${way}: modest ${(100 * served).toFixed(1)} % of ${sent}, slowest ${slowestMs} ms ${JSON.stringify(modest.endings)}; ` +
        `greedy ${JSON.stringify(greedy.endings)}`,
    );
    for (const client of [greedy, modest]) client.close();
    expect(sent).toBeGreaterThan(60);
    expect(served).toBeGreaterThanOrEqual(0.99);
  }, 60_000);
});
