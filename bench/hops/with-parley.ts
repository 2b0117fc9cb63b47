import { createClient, createUpstream } from '@parley/client';
import { greetings } from '@parley/greetings';
import { hello } from '@parley/hello';
import { serve } from '@parley/service';
import { handlers } from '../../services/greetings/handlers.ts';
import { createHandlers } from '../../services/hello/handlers.ts';

const settings = { port: 0, adminPort: 0, host: '127.0.0.1', adminHost: '127.0.0.1' };

/** The service of this repository, as it is. */
export async function greetingsWithParley(): Promise<number> {
  return (await serve(greetings, handlers, { settings })).port;
}

/**
 * The service of this repository, whose upstream has the options as they are by default: its own would send equal calls that are
 * under way at the same time only once.
 */
export async function helloWithParley(greetingsPort: number): Promise<number> {
  const upstream = createUpstream('greetings', `http://127.0.0.1:${greetingsPort}`);
  const clients = { greetings: createClient(greetings, upstream) };
  return (await serve(hello, createHandlers(clients), { settings, closeables: [upstream] })).port;
}
