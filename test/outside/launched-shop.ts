import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const compose = `services:
  prices:
    build: ./prices
    deploy: { replicas: 2 }
  orders:
    build: { context: ./orders }
    environment:
      PRICES_URL: http://prices:3000
    env_file: orders.env
    depends_on: [prices]
  legacy:
    build: ./legacy
    command: node server.js --greeting=hi
    x-parley: { routes: [/legacy] }
  database:
    image: postgres:17
`;

const prices = `import { defineContract, get } from '@parley/contract';
import { run, serve } from '@parley/service';
import { z } from 'zod';

const prices = defineContract('prices', {
  getPrice: get('/prices/{item}', {
    summary: 'What an item costs',
    input: z.object({ item: z.string() }),
    output: z.object({ cents: z.number() }),
  }),
});

await run(() => serve(prices, { getPrice: async ({ item }) => ({ cents: item.length * 100 }) }));
`;

const orders = `import { createClient, createUpstream } from '@parley/client';
import { defineContract, get } from '@parley/contract';
import { run, serve } from '@parley/service';
import { z } from 'zod';

const priceList = defineContract('prices', {
  getPrice: get('/prices/{item}', {
    summary: 'What an item costs',
    input: z.object({ item: z.string() }),
    output: z.object({ cents: z.number() }),
  }),
});
const orders = defineContract('orders', {
  quote: get('/orders/quote', { summary: 'What tea costs', output: z.object({ text: z.string() }) }),
});

await run(() => {
  const upstream = createUpstream('prices', process.env.PRICES_URL ?? '');
  const { getPrice } = createClient(priceList, upstream);
  const quote = async () => ({ text: \`tea: \${(await getPrice({ item: 'tea' })).cents} \${process.env.CURRENCY}\` });
  return serve(orders, { quote }, { closeables: [upstream] });
});
`;

// No Parley in it, and no operators' port.
const legacy = `import { createServer } from 'node:http';
createServer((request, response) => response.end(process.argv[2] + ' ' + request.url)).listen(process.env.PORT, process.env.HOST);
`;

const files = {
  'package.json': '{ "name": "own-shop", "private": true, "type": "module" }',
  'docker-compose.yml': compose,
  'orders.env': 'CURRENCY=cents\n',
  'prices/src/main.ts': prices,
  'orders/src/main.ts': orders,
  'legacy/server.js': legacy,
};

/** Writes a shop as somebody else would: services in folders of their own, a compose file, and no gateway. */
export async function writeShop(folder: string): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
