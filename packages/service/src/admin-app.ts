import { CallError, get } from '@parley/contract';
import express, { type Express } from 'express';
import type { Logger } from 'pino';
import { closeIfUnread, discardRest } from './connections/unread-bodies.ts';
import { listenToHeads } from './express/before-head.ts';
import { listenToEnds } from './express/reply-end.ts';
import { failureAnswer, problem, sendProblem } from './middleware/problem.ts';
import { unmatched } from './middleware/unmatched.ts';

/** What the operators' port shows. */
export interface AdminAppOptions {
  /** Whether the service may get traffic. Not a matter of its upstreams: all replicas would leave at once. */
  readonly isReady: () => boolean;
  readonly logger: Logger;
}

const livez = get('/livez', { summary: 'Alive: restart me if this fails' });
const readyz = get('/readyz', { summary: 'Ready: send me no traffic if this fails' });

/** Makes the app for the operators' port, which the gateway never routes to: `/livez` and `/readyz`. */
export function createAdminApp({ isReady, logger }: AdminAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get(livez.path.template, (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'alive' });
  });
  app.get(readyz.path.template, (_req, res) => {
    // Sent, not thrown: it is asked every second, and no failure to be logged.
    if (!isReady()) sendProblem(res, new CallError('unavailable', 'Draining: send new requests elsewhere'));
    else res.set('Cache-Control', 'no-store').json({ status: 'ready' });
  });
  app.use(unmatched([livez, readyz]));
  app.use(problem({ answerFailure: failureAnswer({ logger }) }));
  return listenToEnds(listenToHeads(app, closeIfUnread), { beforeEnd: discardRest });
}
