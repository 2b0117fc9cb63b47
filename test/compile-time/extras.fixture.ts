// Extras of an app's context. compile-time.test.ts compiles this file: a line that ends in `error TS…` must give that error,
// and no other line may give one.
import { type CallContext, defineContract, get, stream } from '@parley/contract';
import { createApp, type HandlersWith } from '@parley/service';
import type { Request } from 'express';
import { z } from 'zod';

const item = z.object({ customer: z.string() });
const contract = defineContract('shop', {
  me: get('/me', { summary: 's', output: item }),
  follow: get('/follow', { summary: 's', output: stream(item, { as: 'sse' }) }),
});

type Extras = { customer: string };
const handlers: HandlersWith<typeof contract, Extras> = {
  me: async (_input, { extras, requestId }) => ({ customer: extras.customer + requestId }),
  async *follow(_input, { extras }) {
    yield { customer: extras.customer };
  },
};
const plain = {
  me: async (_input: unknown, _context?: CallContext) => ({ customer: 'x' }),
  async *follow() {},
};
const optional: HandlersWith<typeof contract, Extras | undefined> = {
  ...plain,
  me: async (_input, { extras }) => ({ customer: extras?.customer ?? 'stranger' }),
};

createApp(contract, handlers, { extras: () => ({ customer: 'Ada' }) });
createApp(contract, handlers, { extras: async () => ({ customer: 'Ada', more: 1 }) });
createApp(contract, plain, { extras: () => ({ customer: 'Ada' }) });
createApp(contract, optional, { extras: (req: Request) => (req.headers.cookie ? { customer: 'Ada' } : undefined) });
createApp(contract, plain);
createApp(contract, {
  me: async (_input, context) => ({ customer: String(context?.requestId) }),
  follow: plain.follow,
});
createApp(contract, handlers, { extras: () => ({ customer: 1 }) }); // error TS2345
createApp(contract, handlers, {}); // error TS2345
createApp(contract, handlers); // error TS2769
createApp(contract, { ...plain, me: async () => ({ customers: 'x' }) }, {}); // error TS2322
