import { createClient, createUpstream } from '@parley/client';
import { guestbook } from '@parley/guestbook';
import { hello } from '@parley/hello';
import { readConfig, run, serve, tlsFromEnvironment } from '@parley/service';
import { createHandlers } from './handlers.ts';
import { settings } from './settings.ts';
import { openStore } from './store.ts';

await run(async () => {
  const config = await readConfig(settings);
  const store = await openStore(config);
  const upstream = createUpstream('hello', config.HELLO_URL, { tls: tlsFromEnvironment() });
  const handlers = createHandlers(store, createClient(hello, upstream));
  return serve(guestbook, handlers, {
    closeables: [upstream, store],
    idempotency: { store: store.answers },
    readYourWrites: { written: () => store.version() },
  });
});
