import { greetings } from '@parley/greetings';
import { run, serve } from '@parley/service';
import { handlers } from './handlers.ts';

await run(() => serve(greetings, handlers));
