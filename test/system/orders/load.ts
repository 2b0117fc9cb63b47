import { createClient, createUpstream, type Upstream } from '@parley/client';
import { isCallError } from '@parley/contract';
import { type CallsReport, type SteadyLoad, startCalls } from '../../steady-load.ts';
import type { CallRecord } from '../figures.ts';
import { orders } from './contract.ts';

/** Load from one client with its defaults. */
export interface OrdersLoad extends SteadyLoad<CallsReport> {
  readonly upstream: Upstream;
}

/** Calls `orders` at a steady rate, every other time to write. */
export function loadOn(where: string | readonly string[], perSecond: number, record: CallRecord): OrdersLoad {
  const upstream = createUpstream('orders', where);
  upstream.subscribe(record);
  const client = createClient(orders, upstream);
  const load = startCalls(perSecond, async (n) => {
    const operation = n % 2 === 0 ? 'placeOrder' : 'getOrder';
    const id = `order-${n}`;
    try {
      const order = await record.time(() => client[operation]({ id }));
      return order.id === id ? undefined : `${operation} got the answer of another`;
    } catch (error) {
      return `${operation} ${isCallError(error) ? error.message.replaceAll(/\d+/g, 'n') : error}`;
    }
  });
  const stop = async () => {
    const report = await load.stop();
    await upstream.close();
    return report;
  };
  return { upstream, stop };
}
