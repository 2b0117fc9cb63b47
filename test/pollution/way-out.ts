import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { loopbackCertificate } from '../../packages/client/test-fixtures/certificates.ts';
import { Child } from './child.ts';
import type { Pollution } from './polluted.ts';
import { steady } from './way-in.ts';

/** The fourth call reads a stream, and that is how it ends. */
const [streamed, watched] = [3, { value: { n: 1 } }];

interface Opened {
  readonly server: Server | Http2Server;
  /** Of its certificate, where it speaks TLS. */
  readonly ca: string | undefined;
}

/** Clients that are polluted, and a server that is not. */
export class WayOut {
  readonly #child = new Child('calls');
  readonly #open: () => Promise<Opened>;
  #opened: Opened | undefined;
  readonly #http: '1.1' | '2';
  #seen: unknown[] = [];

  constructor(protocol: 'HTTP/1.1' | 'HTTP/2' | 'TLS') {
    this.#http = protocol === 'HTTP/2' ? '2' : '1.1';
    const serve: RequestListener = async (incoming, response) => {
      const { method, url, headers } = incoming;
      this.#seen.push([method, url, steady(headers), await text(incoming)]);
      const [status, type, body] = answers[url as keyof typeof answers] ?? answers.others;
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    this.#open = async () => {
      const { ca, pair } = protocol === 'TLS' ? await loopbackCertificate() : {};
      const plain = () => (protocol === 'HTTP/2' ? createHttp2Server(serve as never) : createServer(serve));
      const server = pair ? createTlsServer(pair, serve) : plain();
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return { server, ca };
    };
  }

  /** How a call of each kind ends, and what the server sees of them. `made`: the upstreams too are made while the member is there. */
  async ended(pollution?: Pollution, made = false): Promise<readonly string[]> {
    this.#seen = [];
    this.#opened ??= await this.#open();
    const { server, ca } = this.#opened;
    const { port } = server.address() as AddressInfo;
    const address = `${ca === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
    const ended = await this.#child.ask<unknown[]>({ address, http: this.#http, ca, pollution, made });
    // Node itself iterates no stream where an inherited `signal` is no AbortSignal.
    const calls = pollution?.name === 'signal' ? ended.with(streamed, watched) : ended;
    return [...calls, ...this.#seen].map((one) => JSON.stringify(one));
  }

  close(): void {
    this.#child.kill();
    this.#opened?.server.close();
  }
}

const answers = {
  '/refused': [
    409,
    'application/problem+json',
    '{"type":"urn:parley:problem:refused","status":409,"detail":"not now","why":"so"}',
  ],
  '/watched': [200, 'application/x-ndjson', '{"n":1}\n'],
  others: [200, 'application/json', '{"id":"7","name":"a","context":"c"}'],
} as const;
