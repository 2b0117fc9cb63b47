import { run, serve } from '@parley/service';
import { catalogue } from './contract.js';
import { handlers } from './handlers.js';

await run(() => serve(catalogue, handlers));
