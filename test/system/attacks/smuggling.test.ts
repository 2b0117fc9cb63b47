import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ambiguousRequests } from '../../ambiguous-requests.ts';
import { has } from '../../needs.ts';
import { type RunningSystem, startSystem } from '../../running-system.ts';

const attackers = 40;
const honest = 12;
const callsOfEach = 80;
const languages = ['de', 'es', 'fr', 'it', 'ja', 'pt'];
/** In the answer to a request that was smuggled, and in the log of a service that has got it. */
const mark = 'SMUGGLED';

/** Requests with another one inside, by all ways to frame them. */
function smugglingTo(service: 'greetings/' | 'hello?name='): string[] {
  const smuggled = `GET /api/${service}${mark} HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${mark}\r\n\r\n`;
  const chunks = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
  return ['GET', 'GET', 'HEAD', 'DELETE', 'POST'].flatMap((method) => {
    const line = `${method} /api/${service}fr HTTP/1.1\r\nHost: x\r\n`;
    return [
      `${line}Connection: close, Content-Length\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      `${line}Connection: Content-Length\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      `${line}Connection: close, Transfer-Encoding, Content-Length\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
      `${line}Content-Length: ${smuggled.length + chunks.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}${smuggled}`,
      `${line}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${smuggled}`,
      `${line}Transfer-Encoding: xchunked\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      `${line}Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      `${line}Content_Length: 0\r\nContent-Length: ${smuggled.length}\r\nConnection: close\r\n\r\n${smuggled}`,
      `${line}Connection: close\r\nExpect: 100-continue\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      // Half of its body, and then it is gone.
      `${line}Content-Length: ${2 * smuggled.length}\r\n\r\n${smuggled}`,
      `${line}Transfer-Encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}`,
    ];
  });
}
const smuggling = [...smugglingTo('greetings/'), ...smugglingTo('hello?name=')];
// Every other attack is what did harm once; the rest keeps the connections busy with all that is odd.
const attacks = ambiguousRequests.flatMap(({ bytes }, index) => [smuggling[index % smuggling.length] ?? '', bytes]);

describe.each(has('nginx') ? ['embedded', 'nginx'] : ['embedded'])('behind the %s gateway', (gateway) => {
  let system: RunningSystem;
  beforeAll(async () => {
    system = await startSystem('--gateway', gateway);
  }, 60_000);
  afterAll(() => system?.stop(), 60_000);

  it(`no client gets the answer to another's request, while ${attackers} attackers smuggle`, async () => {
    const startMs = performance.now();
    const port = Number(new URL(system.url).port);
    const agent = new Agent({ keepAlive: true });
    const tally: Record<string, number> = { attacks: 0, calls: 0, own: 0 };
    const wrong: string[] = [];
    let isOver = false;
    let next = 0;

    const attack = async () => {
      while (!isOver) {
        const bytes = attacks[next++ % attacks.length] ?? '';
        const hangUpMs = next % 7 === 0 ? 5 : 60;
        const got = await provoke(port, bytes, hangUpMs);
        tally.attacks = (tally.attacks ?? 0) + 1;
        if (got.includes(mark)) wrong.push(`a request in a body was answered: ${bytes}`);
      }
    };
    const call = async (caller: number) => {
      for (let n = 0; n < callsOfEach; n++) {
        const name = `caller-${caller}-${n}`;
        const language = languages[n % languages.length] ?? '';
        const [path, own] =
          n % 2 === 0
            ? [`hello?name=${name}`, `Hello, ${name}!`]
            : [`greetings/${language}`, `"language":"${language}"`];
        const { status, body, requestId } = await ask(agent, port, `/api/${path}`, name);
        tally.calls = (tally.calls ?? 0) + 1;
        if (status === 200 && body.includes(own) && requestId === name) tally.own = (tally.own ?? 0) + 1;
        // A problem may be one's own where the machine is busy.
        else if (typeof status === 'string' || (status >= 500 && requestId === name)) {
          tally[`status ${status}`] = (tally[`status ${status}`] ?? 0) + 1;
        } else wrong.push(`${name} asked for ${path} and got ${status} ${requestId} ${body}`);
      }
    };
    const attacking = Array.from({ length: attackers }, attack);
    await Promise.all(Array.from({ length: honest }, (_, caller) => call(caller)));
    isOver = true;
    await Promise.all(attacking);
    agent.destroy();

    const seen = system.lines.filter(({ requestId }) => requestId === mark);
    const ms = Math.round(performance.now() - startMs);
    console.info(
      `${system.gateway}: ${JSON.stringify({ ...tally, wrong: wrong.length, seenByServices: seen.length, ms })}`,
    );
    expect(wrong).toEqual([]);
    expect(seen).toEqual([]);
    expect(tally.own).toBeGreaterThan(0.95 * honest * callsOfEach);
    expect(tally.attacks).toBeGreaterThan(attacks.length);
  }, 120_000);
});

/** Sends bytes, hangs up after a while, and gives what has come until then. Never rejects. */
function provoke(port: number, bytes: string, hangUpMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let got = '';
    const timer = setTimeout(() => socket.destroy(), hangUpMs);
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      got += chunk;
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(got);
    });
    socket.write(bytes, 'latin1');
  });
}

/** Asks under a request id. Gives the error's code as status where no answer comes. */
function ask(agent: Agent, port: number, path: string, name: string) {
  return new Promise<{ status: number | string; body: string; requestId: unknown }>((resolve) => {
    const fail = (error: NodeJS.ErrnoException) =>
      resolve({ status: error.code ?? 'error', body: '', requestId: name });
    const headers = { 'x-request-id': name };
    httpRequest({ port, host: '127.0.0.1', path, headers, agent }, async (reply) => {
      const body = await text(reply).catch(() => '');
      resolve({ status: reply.statusCode ?? 0, body, requestId: reply.headers['x-request-id'] });
    })
      .on('error', fail)
      .end();
  });
}
