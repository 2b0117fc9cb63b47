import type { Express } from 'express';
import supertest from 'supertest';
import { createDualProtocolServer } from '../src/connections/dual-protocol-server.ts';
import { http2Express } from '../src/express/http2-express.ts';
import { openSecureContext } from '../src/tls/secure-context.ts';
import { ca, certificate } from './certificates.ts';

const limits = { headersTimeout: 5000, keepAliveTimeout: 5000 };
const own = await certificate();

/** Asks an app over one protocol, as `supertest(app)` does. */
export type Ask = (app: Express) => ReturnType<typeof supertest.agent>;

interface Protocol {
  readonly protocol: string;
  readonly isHttp2: boolean;
  readonly request: Ask;
}

function over(protocol: string, { isHttp2 = false, isTls = false }): Protocol {
  const tls = isTls ? openSecureContext(own) : undefined;
  const request: Ask = (app) => {
    const { server } = createDualProtocolServer(app, { limits, tls });
    return supertest.agent(server, { http2: isHttp2, ...(isTls && { ca }) });
  };
  return { protocol, isHttp2, request };
}

/**
 * Every protocol that a service speaks, on the server that it has: `describe.each(protocols)('x over $protocol', …)`
 * runs a suite over all of them.
 */
export const protocols = [
  over('HTTP/1.1', {}),
  over('cleartext HTTP/2', { isHttp2: true }),
  over('HTTP/2 over TLS', { isHttp2: true, isTls: true }),
];

/** An app made by hand, able to serve all of them. */
export const anyProtocol = http2Express;
