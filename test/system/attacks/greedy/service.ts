import { defineContract } from '@parley/contract';
import { greetings } from '@parley/greetings';
import { run, serve } from '@parley/service';
import { listWorkMs } from './work.ts';

// A part of the contract: an operation that is added to greetings needs no handler here.
const { listGreetings: list, getGreeting } = greetings.operations;
const contract = defineContract(greetings.name, { listGreetings: list, getGreeting });

const greeting = { language: 'fr', name: 'Français', template: 'Bonjour, {name} !' };

/** Blocks the event loop, as a handler that only computes does. */
async function listGreetings() {
  const endMs = performance.now() + listWorkMs;
  while (performance.now() < endMs);
  return { greetings: [greeting] };
}

await run(() => serve(contract, { listGreetings, getGreeting: async () => greeting }));
