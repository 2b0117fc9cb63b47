import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

const protect = helmet({
  // JSON that a browser shows as a page loads and runs nothing, and no page can frame it.
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  // JSON is never sniffed into a script or a page.
  xContentTypeOptions: true,
  // Ids in our URLs don't leave with a link.
  referrerPolicy: { policy: 'no-referrer' },
  // Does not name Express; `x-powered-by` is off in Express too.
  xPoweredBy: true,
  // The hop from the gateway is plain HTTP, where browsers ignore it: TLS ends at the gateway, which sets it.
  strictTransportSecurity: false,
  // `same-origin` would keep browsers on other origins from an API that CORS may allow them.
  crossOriginResourcePolicy: false,
  // For documents with windows and frames.
  crossOriginEmbedderPolicy: false,
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  // For Internet Explorer, Flash and browsers without CSP.
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

const headers = constantHeaders();

/** The headers of {@link securityHeaders}. */
export const securityHeaderNames: readonly string[] = headers.map(([name]) => name);

/**
 * Sets the few security headers that mean something on a JSON API. Helmet's default is 11 headers and
 * 640 bytes on every reply, made for pages.
 */
export function securityHeaders(): RequestHandler {
  return function securityHeaders(_req, res, next) {
    for (const [name, value] of headers) res.setHeader(name, value);
    next();
  };
}

/** What helmet sets, asked once: with these options it is the same for every request. */
function constantHeaders(): readonly (readonly [name: string, value: string])[] {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  protect(response.req, response, () => {});
  return Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]);
}
