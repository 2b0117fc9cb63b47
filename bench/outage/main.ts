import { parseArgs } from 'node:util';
import { type CallRequest, createUpstream, type UpstreamOptions } from '@parley/client';
import { CallError } from '@parley/contract';
import Opossum from 'opossum';

type Fail = () => Promise<unknown>;

/** Prints what one failed call costs while an outage has filled the window of a circuit, without the wire. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { samples: { type: 'string', default: '100000' } } });
  const samples = Number(values.samples);
  const parley = parleyFailing();
  await repeat(parley.fail, 20_000); // until the code is warm
  console.log(`a failed call, µs of CPU, with failures in the window:`);
  console.log(row('Parley, all layers, few', await microseconds(parley.fail, 5_000)));
  await repeat(parley.fail, samples - 25_000);
  console.log(row(`Parley, all layers, ${samples}`, await microseconds(parley.fail, 5_000)));
  await parley.close();
  for (const rollingPercentilesEnabled of [false, true]) {
    const name = rollingPercentilesEnabled ? 'opossum alone, as it comes' : 'opossum alone, without percentiles';
    const opossum = opossumFailing(rollingPercentilesEnabled);
    for (let i = 0; i < samples; i++) opossum.circuit.emit('failure', new Error('failed'), i % 100);
    console.log(row(`${name}, ${samples}`, await microseconds(opossum.fail, rollingPercentilesEnabled ? 100 : 5_000)));
    opossum.circuit.shutdown();
  }
}

/** An upstream whose every attempt fails before the wire, and whose circuit goes on counting. */
function parleyFailing(): { fail: Fail; close(): Promise<void> } {
  const options: Partial<UpstreamOptions> = {
    circuitMinCalls: 1_000_000,
    circuitConsecutiveFailures: 1_000_000,
    circuitWindowMs: 600_000,
    maxAttempts: 1,
  };
  const upstream = createUpstream('things', 'http://127.0.0.1:1', options);
  upstream.interceptors.request.use(() => {
    throw new CallError('unavailable', 'failed');
  });
  const request = (): CallRequest => ({ label: 'GET /', method: 'GET', path: '/', headers: {}, safety: 'safe' });
  return { fail: () => upstream.send(request()), close: () => upstream.close() };
}

function opossumFailing(rollingPercentilesEnabled: boolean) {
  const options = { timeout: false, volumeThreshold: 1_000_000, rollingCountTimeout: 600_000 } as const;
  const circuit = new Opossum(() => Promise.reject(new Error('failed')), { ...options, rollingPercentilesEnabled });
  const fail: Fail = () => circuit.fire();
  return { circuit, fail };
}

async function repeat(fail: Fail, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await fail().catch(() => {});
}

async function microseconds(fail: Fail, times: number): Promise<number> {
  const before = process.cpuUsage();
  await repeat(fail, times);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

function row(name: string, cost: number): string {
  return `${name.padEnd(48)} ${cost.toFixed(1).padStart(9)}`;
}
