import { Agent, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { paths, posted } from '../bodies.ts';
import { type Contender, expectOk, originOf } from '../contender.ts';

/** node:http with a keep-alive agent. */
export const nodeHttp: Contender = (target) => {
  const { exchange, protocol } = target.scenario;
  if (protocol === 'http2-tls') return undefined;
  const isSecure = protocol === 'http1-tls';
  const agent = new (isSecure ? SecureAgent : Agent)({ keepAlive: true });
  const send = isSecure ? secureRequest : request;
  const url = originOf(target) + paths[exchange];
  return () =>
    new Promise((resolve, reject) => {
      const body = exchange === 'post' ? JSON.stringify(posted) : undefined;
      const headers = body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {};
      const outgoing = send(url, { agent, method: body ? 'POST' : 'GET', headers }, (reply) => {
        let text = '';
        reply.setEncoding('utf8');
        reply.on('data', (chunk) => {
          text += chunk;
        });
        reply.on('end', () => {
          expectOk(reply.statusCode ?? 0);
          resolve(JSON.parse(text));
        });
        reply.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
};
