import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { names } from '../pollution/names.ts';
import { type Kind, kinds } from '../pollution/polluted.ts';

// One member more in Object.prototype, in a process of its own: nothing of it reaches the wire, and calls end as they do
// without it. A function called `then` or `toJSON` is left out: the language itself calls those, on every object.

const cases = names.map((name, index) => {
  const kind = kinds[index % kinds.length] as Kind;
  return { name, kind: kind === 'function' && (name === 'then' || name === 'toJSON') ? 'text' : kind } as const;
});

function started(script: string, ...args: string[]): ChildProcess {
  const execArgv = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
  return fork(`test/pollution/${script}.ts`, args, { execArgv });
}

async function asked<T>(child: ChildProcess, message: object): Promise<T> {
  child.send(message);
  const [answer] = await once(child, 'message');
  return answer;
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Headers but for those that differ from one request to the next. */
function steady(headers: IncomingMessage['headers']) {
  const varying = new Set(['traceparent', 'x-request-id', 'x-request-timeout-ms', 'host', 'date', 'x-load', 'etag']);
  return Object.entries(headers).filter(([name]) => !varying.has(name));
}

/** The cases that end otherwise than without any member more, each with the first thing that differs. */
async function differing(
  end: (name: string, kind: Kind) => Promise<readonly unknown[]>,
  leftOut: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  await end('', 'text'); // later ones may be answered from memory
  const usual = await end('', 'text');
  const different: string[] = [];
  for (const { name, kind } of cases) {
    if (leftOut.has(name)) continue;
    const ended = await end(name, kind);
    const index = usual.findIndex((one, index) => JSON.stringify(one) !== JSON.stringify(ended[index]));
    if (index >= 0) different.push(`${name} (${kind}): ${String(JSON.stringify(ended[index])).slice(0, 300)}`);
  }
  return different;
}

describe('a polluted Object.prototype, on the way out', () => {
  let seen: unknown[];
  let child: ChildProcess;
  /** The fourth call reads a stream, and that is how it ends. */
  const [streamed, watched] = [3, { value: { n: 1 } }];
  const server = createServer(async (incoming, response) => {
    const { method, url, headers } = incoming;
    seen.push([method, url, steady(headers), await bodyOf(incoming)]);
    if (url === '/refused') {
      response.writeHead(409, { 'content-type': 'application/problem+json' });
      response.end('{"type":"urn:parley:problem:refused","status":409,"detail":"not now","why":"so"}');
    } else if (url === '/watched') {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end('{"n":1}\n');
    } else {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"id":"7","name":"a","context":"c"}');
    }
  });
  beforeAll(async () => {
    seen = [];
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    child = started('calls', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await once(child, 'message');
  });
  afterAll(() => {
    child.kill();
    server.closeAllConnections();
    server.close();
  });

  it.each([
    ['before', false],
    ['after', true],
  ])(
    'changes no call over an upstream that was made %s it',
    async (_, made) => {
      // opossum defines a member in a way that these break; it does so when an upstream is made.
      const inOpossum = new Set(made ? ['set', 'value', 'writable'] : []);
      const different = await differing(async (name, kind) => {
        seen = [];
        const ended = await asked<unknown[]>(child, { name, kind, made });
        // Node itself iterates no stream where an inherited `signal` is no AbortSignal.
        return [...(name === 'signal' ? ended.with(streamed, watched) : ended), ...seen];
      }, inOpossum);
      expect(different).toEqual([]);
    },
    120_000,
  );
});

// Node's object of headers inherits over HTTP/1.1: a member of such a name is a header of each request, also to Express.
const headersOfNode = [
  'accept-encoding',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'if-match',
  'if-none-match',
  'x-request-id',
  'x-request-timeout-ms',
  'idempotency-key',
];

describe('a polluted Object.prototype, on the way in', () => {
  let child: ChildProcess;
  let port: number;
  beforeAll(async () => {
    child = started('serve');
    [port] = await once(child, 'message');
  });
  afterAll(() => {
    agent.destroy();
    child.kill();
  });

  const requests = [
    { method: 'GET', path: '/things/7?limit=3' },
    { method: 'GET', path: '/things/7?limit=many' },
    { method: 'POST', path: '/orders', headers: { 'content-type': 'application/json', 'idempotency-key': '"k"' } },
    { method: 'GET', path: '/refused' },
    { method: 'GET', path: '/watched' },
    { method: 'GET', path: '/nowhere' },
  ];

  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  async function answers(): Promise<unknown[]> {
    const ended: unknown[] = [];
    for (const [index, one] of requests.entries()) {
      const headers = { ...one.headers, 'x-forwarded-for': `10.0.0.${index}` };
      const outgoing = request({ ...one, headers, port, host: '127.0.0.1', agent });
      outgoing.end(one.method === 'POST' ? '{"name":"a"}' : undefined);
      const answer = await once(outgoing, 'response').then(
        async ([response]) => [response.statusCode, steady(response.headers), await bodyOf(response)],
        (error) => [String(error)],
      );
      ended.push(JSON.stringify(answer).replaceAll(/"requestId":"[^"]*"|\\"requestId\\":\\"[^"]*"/g, ''));
    }
    return ended;
  }

  it.each([
    ['before', false],
    ['after', true],
  ])(
    'changes no answer of an app that was made %s it',
    async (_, made) => {
      // Express defines members in a way that these break; it does so when an app is made.
      const inExpress = made ? ['get', 'set', 'value', 'writable'] : [];
      const different = await differing(
        async (name, kind) => {
          await asked(child, { name: '', kind, made }); // a new app, which remembers no key
          // Node itself cannot accept a connection where an inherited `signal` is no AbortSignal.
          if (name !== '' && name !== 'signal') await asked(child, { name, kind, made });
          const ended = await answers();
          await asked(child, { name: '', kind, made });
          return ended;
        },
        // zod itself takes an inherited `path` for that of an issue.
        new Set([...headersOfNode, ...inExpress, 'path']),
      );
      expect(different).toEqual([]);
    },
    120_000,
  );
});
