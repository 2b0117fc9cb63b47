import { createClient, createUpstream } from '@parley/client';
import { greetings } from '@parley/greetings';
import { hello } from '@parley/hello';
import { readConfig, run, serve, tlsFromEnvironment } from '@parley/service';
import { createHandlers } from './handlers.ts';
import { settings } from './settings.ts';

await run(async () => {
  const { GREETINGS_URL } = await readConfig(settings);
  // Greetings are safe to ask for twice, and the same for all callers at the same time.
  const limits = { callTimeoutMs: 2_000, attemptTimeoutMs: 500, hedgeRatio: 0.05, singleFlight: true };
  const upstream = createUpstream('greetings', GREETINGS_URL, { ...limits, tls: tlsFromEnvironment() });
  return serve(hello, createHandlers({ greetings: createClient(greetings, upstream) }), { closeables: [upstream] });
});
