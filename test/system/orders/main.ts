import { setTimeout as wait } from 'node:timers/promises';
import { run, serve } from '@parley/service';
import { orders } from './contract.ts';
import { pack } from './packing.ts';

const workMs = 3;
const note = 'as long as a few members of a usual reply. '.repeat(5);

let isBroken = false;
process.on('SIGUSR2', () => {
  isBroken = !isBroken;
});

async function answer({ id }: { readonly id: string }) {
  if (isBroken) throw new Error('broken by a signal'); // at once
  await wait(workMs);
  return { id, note };
}

async function packOrder({ id }: { readonly id: string }) {
  await pack();
  return { id, note };
}

await run(() => serve(orders, { getOrder: answer, placeOrder: answer, packOrder }));
