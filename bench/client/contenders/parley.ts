import { createClient, createUpstream, parleyAdapter } from '@parley/client';
import { defineContract, get, post } from '@parley/contract';
import axios from 'axios';
import { z } from 'zod';
import { paths, posted } from '../bodies.ts';
import { type Contender, expectOk, type Target } from '../contender.ts';

const message = z.string();
const items = z.array(z.object({ id: z.int(), name: z.string(), note: z.string(), isNew: z.boolean() }));

const bench = defineContract('bench', {
  small: get(paths.small, { summary: 'A small reply', output: z.object({ message }) }),
  large: get(paths.large, { summary: '16 KiB', output: z.object({ message, items }) }),
  post: post(paths.post, {
    summary: 'Takes 1 KiB',
    input: z.object({ text: z.string() }),
    output: z.object({ message }),
    status: 200,
  }),
});

function upstreamOf({ scenario: { protocol, endpoints }, origins, ports }: Target) {
  return createUpstream('bench', origins, {
    ...(protocol !== 'http1' && { tls: { ca: ports.ca } }),
    // Of many endpoints each is called seldom: their sockets shall still be open when the next round comes.
    ...(endpoints > 1 && { idleConnectionMs: 60_000 }),
  });
}

/** Ours: the typed client, with the options as they are by default. */
export const parleyClient: Contender = (target) => {
  const upstream = upstreamOf(target);
  const client = createClient(bench, upstream);
  const { exchange } = target.scenario;
  return exchange === 'post' ? () => client.post(posted) : () => client[exchange]();
};

/** Ours: axios over the whole pipeline. */
export const parleyUnderAxios: Contender = (target) => {
  const upstream = upstreamOf(target);
  const instance = axios.create({ adapter: parleyAdapter(upstream) });
  const { exchange } = target.scenario;
  const path = paths[exchange];
  return async () => {
    const { status, data } = await (exchange === 'post' ? instance.post(path, posted) : instance.get(path));
    expectOk(status);
    return data;
  };
};
