import { CallError, get } from '@parley/contract';
import express, { type Express } from 'express';
import type { Logger } from 'pino';
import { closeIfUnread, discardRest } from '../connections/unread-bodies.ts';
import { noteUnreadReply } from '../connections/unread-replies.ts';
import { listenToHeads } from '../express/before-head.ts';
import { listenToEnds } from '../express/reply-end.ts';
import { type MetricsFormat, metricsMediaTypes } from '../metrics/registry.ts';
import type { ServiceMetrics } from '../metrics/service-metrics.ts';
import { AllowedMethods } from '../middleware/allowed-methods.ts';
import { failureAnswer, problem, sendProblem } from '../middleware/problem.ts';
import { unmatched } from '../middleware/unmatched.ts';

/** What probes and Prometheus may read. */
export interface ProbesAppOptions {
  /** Whether the service may get traffic. Not a matter of its upstreams: all replicas would leave at once. */
  readonly isReady: () => boolean;
  readonly logger: Logger;
  /** What `/metrics` shows. Default: there is no `/metrics`. */
  readonly metrics?: Pick<ServiceMetrics, 'render'>;
}

const livez = get('/livez', { summary: 'Alive: restart me if this fails' });
const readyz = get('/readyz', { summary: 'Ready: send me no traffic if this fails' });
const metricsPage = get('/metrics', { summary: 'Metrics, as Prometheus reads them' });

/** Makes the app for probes and Prometheus: `/livez`, `/readyz` and `/metrics`. */
export function createProbesApp({ isReady, logger, metrics }: ProbesAppOptions): Express {
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
  if (metrics) {
    app.get(metricsPage.path.template, (req, res) => {
      const format = formatFor(req.headers.accept);
      res.set({ 'Cache-Control': 'no-store', 'Content-Type': metricsMediaTypes[format] });
      res.end(metrics.render(format));
    });
  }
  app.use(unmatched(new AllowedMethods([livez, readyz, ...(metrics ? [metricsPage] : [])])));
  app.use(problem({ answerFailure: failureAnswer({ logger }) }));
  return listenToEnds(listenToHeads(app, closeIfUnread), { beforeEnd: discardRest, onLong: noteUnreadReply });
}

/** OpenMetrics for a request that names it in `Accept`, as Prometheus does; Prometheus text for any other. */
function formatFor(accept = ''): MetricsFormat {
  return accept.includes('application/openmetrics-text') ? 'openmetrics' : 'text';
}
