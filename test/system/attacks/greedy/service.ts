import { greetings } from '@parley/greetings';
import { run, serve } from '@parley/service';
import { listWorkMs } from './work.ts';

const greeting = { language: 'fr', name: 'Français', template: 'Bonjour, {name} !' };

/** Blocks the event loop, as a handler that only computes does. */
async function listGreetings() {
  const endMs = performance.now() + listWorkMs;
  while (performance.now() < endMs);
  return { greetings: [greeting] };
}

await run(() => serve(greetings, { listGreetings, getGreeting: async () => greeting }));
