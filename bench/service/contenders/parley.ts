import { defineContract, get, post } from '@parley/contract';
import { serve } from '@parley/service';
import type { Listen } from '../contender.ts';
import { helloInput, helloOutput, itemsInput, itemsOutput, noteInput, noteOutput, work } from '../exchanges.ts';

const bench = defineContract('bench', {
  sayHello: get('/api/hello', { summary: 'Greets', input: helloInput, output: helloOutput }),
  listItems: get('/api/items', { summary: 'Lists', input: itemsInput, output: itemsOutput }),
  addNote: post('/api/notes', { summary: 'Keeps a note', input: noteInput, output: noteOutput }),
});

/** Ours, with the options as they are by default. */
export const parley: Listen = async () => {
  const settings = { port: 0, adminPort: 0, host: '127.0.0.1', adminHost: '127.0.0.1' };
  const { port } = await serve(
    bench,
    {
      sayHello: async (input) => work.sayHello(input),
      listItems: async (input) => work.listItems(input),
      addNote: async (input) => work.addNote(input),
    },
    { settings },
  );
  return port;
};
