import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Sets the few security headers that mean something on a JSON API. Helmet's default is 11 headers and
 * 640 bytes on every reply, made for pages.
 */
export function securityHeaders(): RequestHandler {
  const protect = helmet({
    // JSON shown as a page by mistake loads and runs nothing, and nobody frames it.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // JSON is never sniffed into a script or a page.
    xContentTypeOptions: true,
    // Ids in our URLs don't leave with a link.
    referrerPolicy: { policy: 'no-referrer' },
    // The app says nothing of what it is made of (and Express is told so too).
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
  return function securityHeaders(req, res, next) {
    protect(req, res, next);
  };
}
