import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:http2';
import { request as requestByTls, Agent as TlsAgent } from 'node:https';
import { text } from 'node:stream/consumers';
import { loopbackCertificate } from '../../packages/client/test-fixtures/certificates.ts';
import { Child } from './child.ts';
import type { Pollution } from './polluted.ts';

interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Connection {
  /** Status, headers and body of the answer. */
  ask(question: Question): Promise<unknown>;
  close(): void;
}

const json = { 'content-type': 'application/json' };

const questions: readonly Question[] = [
  { method: 'GET', path: '/things/7?limit=3' },
  { method: 'GET', path: '/things/7?limit=many' },
  { method: 'POST', path: '/orders', headers: json, body: '{"name":"a"}' },
  { method: 'GET', path: '/refused' },
  { method: 'GET', path: '/watched' },
  { method: 'GET', path: '/mounted/7' },
  { method: 'GET', path: '/nowhere' },
  { method: 'OPTIONS', path: '/orders' },
  { method: 'TRACE', path: '/things/7' },
];

/** A service that is polluted, and a client that is not. */
export class WayIn {
  readonly #child = new Child('serve');
  readonly #open: (port: number, ca: string | undefined) => Connection;
  readonly #isTls: boolean;
  #certificate: Awaited<ReturnType<typeof loopbackCertificate>> | undefined;
  #keys = 0;

  constructor(protocol: 'HTTP/1.1' | 'HTTP/2' | 'TLS') {
    this.#isTls = protocol === 'TLS';
    this.#open = protocol === 'HTTP/2' ? overHttp2 : overHttp1;
  }

  /** How a request of each kind ends. `made`: the service too is started while the member is there. */
  async ended(pollution?: Pollution, made = false): Promise<readonly string[]> {
    if (this.#isTls) this.#certificate ??= await loopbackCertificate();
    const { ca, pair: tls } = this.#certificate ?? {};
    const connection = this.#open(await this.#child.ask({ pollution, made, tls }), ca);
    const ended: string[] = [];
    for (const one of questions) {
      this.#keys++;
      const key = one.method === 'POST' ? { 'idempotency-key': `"${this.#keys}"` } : {};
      const answer = await connection.ask({ ...one, headers: { ...one.headers, ...key } }).catch(String);
      ended.push(JSON.stringify(answer).replaceAll(/\\?"requestId\\?":\\?"[^"]*"/g, ''));
    }
    connection.close();
    await this.#child.ask({});
    return ended;
  }

  close(): void {
    this.#child.kill();
  }
}

/** Headers but for those that differ from one request to the next. */
export function steady(headers: IncomingHttpHeaders) {
  const varying = [
    'traceparent',
    'x-request-id',
    'x-request-timeout-ms',
    'host',
    ':authority',
    'date',
    'x-load',
    'etag',
  ];
  return Object.entries(headers).filter(([name]) => !varying.includes(name));
}

function overHttp1(port: number, ca: string | undefined): Connection {
  const kept = { keepAlive: true, maxSockets: 1 };
  const agent = ca === undefined ? new Agent(kept) : new TlsAgent({ ...kept, ca });
  const send = ca === undefined ? request : requestByTls;
  const ask = async ({ body, ...question }: Question) => {
    const outgoing = send({ ...question, port, host: '127.0.0.1', agent }).end(body);
    const [response] = await once(outgoing, 'response');
    return [response.statusCode, steady(response.headers), await text(response)];
  };
  return { ask, close: () => agent.destroy() };
}

function overHttp2(port: number): Connection {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  const ask = async ({ method, path, headers, body }: Question) => {
    const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    const closed = once(stream, 'close').then(() => Promise.reject(new Error('the stream has ended')));
    const [answered] = await Promise.race([once(stream, 'response'), closed]);
    closed.catch(() => {});
    return [steady(answered), await text(stream)];
  };
  return { ask, close: () => session.destroy() };
}
