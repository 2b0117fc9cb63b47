// Serves a contract and calls it, in good times and in bad ones; prints what came of it. `versions.spec.ts` runs it.
import { createClient, createUpstream, parleyAdapter, parleyDispatcher, parleyFetch } from '@parley/client';
import { CallError, defineContract, defineError, get, isCallError, post } from '@parley/contract';
import { startService } from '@parley/service/testing';
import axios from 'axios';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { z } from 'zod';

const tooShy = defineError('too_shy', { status: 409, title: 'Too shy', data: z.object({ name: z.string() }) });
const contract = defineContract('greeter', {
  greet: get('/greet', {
    summary: 'Greets',
    input: z.object({ name: z.string() }),
    output: z.object({ message: z.string() }),
    errors: [tooShy],
  }),
  order: post('/order', { summary: 'Orders', safety: 'keyed', auth: { scopes: ['order'] }, output: z.object({}) }),
});

const { publicKey, privateKey } = await generateKeyPair('ES256');
const claims = { sub: 'caller', scope: 'order', client_id: 'caller' };
const token = () =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer('me')
    .setAudience('greeter')
    .setExpirationTime('1h')
    .sign(privateKey);

let failures = 1;
const handlers = {
  async greet({ name }) {
    if (name === 'Bob') throw tooShy('Bob is too shy', { name });
    if (failures-- > 0) throw new CallError('unavailable', 'not yet');
    return { message: `Hello, ${name}! ${'-'.repeat(2000)}` };
  },
  order: async () => ({}),
};
const jwks = { keys: [await exportJWK(publicKey)] };
const service = await startService(contract, handlers, { tokens: { issuer: 'me', jwks } });

for (const http of ['1.1', '2']) {
  const upstream = createUpstream('greeter', service.url, {
    http,
    token,
    acceptCompressed: true,
    maxReplyBytes: 10_000,
  });
  const client = createClient(contract, upstream);
  const { message } = await client.greet({ name: 'Ada' }); // the first attempt fails
  const refused = await client.greet({ name: 'Bob' }).catch((error) => error);
  await client.order();
  const answer = await axios.create({ adapter: parleyAdapter(upstream) }).get('/greet?name=Eve');
  const dispatcher = parleyDispatcher(upstream);
  for (const response of [
    await fetch(`${service.url}/greet?name=Eve`, { dispatcher }),
    await parleyFetch(upstream)('/greet?name=Eve'),
  ]) {
    if ((await response.json()).message !== answer.data.message) throw new Error('fetch got another answer than axios');
  }
  console.log(http, message.slice(0, 11), refused.code, tooShy.is(refused), answer.data.message.slice(0, 11));
  await upstream.close();
}
await service.stop();

const upstream = createUpstream('greeter', service.url);
const error = await createClient(contract, upstream)
  .greet({ name: 'Ada' })
  .catch((thrown) => thrown);
console.log(isCallError(error), error.code, error.attempts);
await upstream.close();
