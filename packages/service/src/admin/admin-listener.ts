import type { RequestListener } from 'node:http';
import type { Request } from 'express';
import type { Logger } from 'pino';
import { createApp } from '../app.ts';
import type { ServiceMetrics } from '../metrics/service-metrics.ts';
import { withOwnLevel } from '../process/own-level.ts';
import { adminAccess } from './access.ts';
import type { AdminExtras, AdministeredService } from './administered-service.ts';
import { admin } from './contract.ts';
import { type DocsOptions, docsListener, isDocsUrl } from './docs/docs-listener.ts';
import { adminHandlers } from './handlers.ts';
import { createProbesApp } from './probes-app.ts';

/** What the operators' port serves, and which tokens its admin API and API docs ask for. */
export interface AdminListenerOptions extends Pick<DocsOptions, 'access' | 'document' | 'trials'> {
  readonly metrics: Pick<ServiceMetrics, 'render'>;
  readonly service: AdministeredService;
  readonly logger: Logger;
}

/**
 * Serves the operators' port: probes and metrics without a token, the admin API below `/admin/` and the API docs below `/docs`
 * with one.
 */
export function adminListener(options: AdminListenerOptions): RequestListener {
  const { metrics, service, access, document, trials, logger } = options;
  const probes = createProbesApp({ isReady: () => !service.isDraining(), metrics, logger });
  const { contract, audit } = service;
  const api = createApp(admin, adminHandlers(service), {
    // A board asks every second: its requests are no lines of the log. Acts have their own.
    logger: withOwnLevel(logger, { app: 'admin' }, 'warn'),
    middleware: [adminAccess(access, audit)],
    extras: (req: Request): AdminExtras => ({ peer: req.socket.remoteAddress, drop: () => req.socket.destroy() }),
    maxInFlight: Number.POSITIVE_INFINITY, // an operator must get through when callers do not
  });
  const docs = docsListener({ contract, document, access, trials, audit, logger });
  return (req, res) => {
    const { url = '' } = req;
    if (url.startsWith('/admin/')) return api(req, res);
    return isDocsUrl(url) ? docs(req, res) : probes(req, res);
  };
}
