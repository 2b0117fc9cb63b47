/**
 * TypeScript that defines operations, serves them and calls each once: GET and keyed POST in turn, with inputs of their own.
 *
 * @param contracts how many contracts
 * @param operations how many each of them has
 */
export function manyOperations(contracts: number, operations: number): string {
  const numbers = Array.from({ length: operations }, (_, number) => number);
  const texts = Array.from({ length: contracts }, (_, contract) => {
    const define = numbers.map((number) =>
      (number % 2 ? postOf : getOf)(`op${number}`, `/c${contract}/op${number}`, number),
    );
    const serve = numbers.map((number) => (number % 2 ? servePost : serveGet)(`op${number}`));
    const call = numbers.map((number) => (number % 2 ? callPost : callGet)(`client${contract}.op${number}`));
    return `
export const c${contract} = defineContract('c${contract}', {${define.join('')}});
export const handlers${contract}: Handlers<typeof c${contract}> = {${serve.join('')}};
const client${contract} = createClient(c${contract}, upstream);
export const calls${contract} = async () => [${call.join('')}];
`;
  });
  return [head, ...texts].join('');
}

const head = `
import { createClient, createUpstream } from '@parley/client';
import { defineContract, defineError, get, type Handlers, post } from '@parley/contract';
import { z } from 'zod';
const gone = defineError('gone_away', { status: 410, title: 'Gone', data: z.object({ id: z.string() }) });
const upstream = createUpstream('many', 'http://localhost');
`;

const getOf = (name: string, path: string, number: number) => `
  ${name}: get('${path}/{id}', {
    summary: 's',
    input: z.object({ id: z.string(), limit: z.number().max(${number + 1}).optional(), q: z.string().default('a') }),
    output: z.object({ id: z.string(), items: z.array(z.object({ x: z.string(), y: z.number() })) }),
    errors: [gone],
  }),`;

const postOf = (name: string, path: string, number: number) => `
  ${name}: post('${path}/{id}', {
    summary: 's',
    safety: 'keyed',
    input: z.object({
      id: z.string(),
      name: z.string().max(${number + 1}),
      tags: z.array(z.string()).optional(),
      nested: z.object({ a: z.number(), b: z.boolean().optional() }),
    }),
    output: z.object({ id: z.string(), n: z.number(), list: z.array(z.object({ x: z.string() })) }),
    errors: [gone],
  }),`;

const serveGet = (name: string) => `
  ${name}: async ({ id, q }) => ({ id: id + q, items: [] }),`;
const servePost = (name: string) => `
  ${name}: async ({ id, name, nested }) => ({ id: id + name, n: nested.a, list: [] }),`;

const callGet = (name: string) => `
  (await ${name}({ id: 'a' })).items.length,`;
const callPost = (name: string) => `
  (await ${name}({ id: 'a', name: 'b', nested: { a: 1 } })).n,`;
