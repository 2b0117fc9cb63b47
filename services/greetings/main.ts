import { run, serve } from '@parley/service';
import { greetings } from './contract.ts';
import { handlers } from './handlers.ts';

await run(() => serve(greetings, handlers));
