/**
 * The security headers that mean something on JSON: nothing is sniffed, no link gives an id away, and a browser that shows it
 * as a page loads nothing and lets no page frame it. Services and gateways send them on every reply of their own.
 */
export const securityHeaderFields = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none';frame-ancestors 'none'",
} as const;
