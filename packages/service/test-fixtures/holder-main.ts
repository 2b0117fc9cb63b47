// A process that holds a key of a store for as long as it lives. stores.system.test.ts kills it.
import { writeSync } from 'node:fs';
import { openers } from './shared-stores.ts';

const [name, place = '', key = '', holdMs] = process.argv.slice(2);
const { store } = await openers[name as keyof typeof openers](place, { holdMs: Number(holdMs) });
await store.reserve?.({ key, owner: 'ada' });
writeSync(1, 'held\n');
setInterval(() => {}, 1_000);
