import { greetingsByHand, helloByHand } from './by-hand.ts';
import type { Stack } from './stacks.ts';
import { greetingsWithParley, helloWithParley } from './with-parley.ts';

// One service of one stack: STACK SERVICE [PORT of greetings]. It sends its own port, and stops when its IPC channel ends.
const [stack, service, greetingsPort] = process.argv.slice(2) as [Stack, 'greetings' | 'hello', string | undefined];
const byName = {
  parley: { greetings: greetingsWithParley, hello: helloWithParley },
  hand: { greetings: greetingsByHand, hello: helloByHand },
};
process.send?.(await byName[stack][service](Number(greetingsPort)));
process.on('disconnect', () => process.exit());
