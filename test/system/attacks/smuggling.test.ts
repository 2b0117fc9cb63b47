import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { has } from '../../needs.ts';
import { rawRequests } from '../../raw-requests.ts';
import { type RunningHouse, startHouse } from '../../running-house.ts';

const attackers = 40;
const honest = 8;
const callsOfEach = 120;
/** In the answer to a request that was smuggled, and in no other. */
const mark = 'SMUGGLED';
const smuggled = `GET /api/hello?name=${mark} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Requests with another one inside, by all ways to frame them. */
const smuggling: readonly string[] = ['/api/greetings/fr', '/api/hello?name=attacker'].flatMap((target) =>
  ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST'].flatMap((method) => {
    const line = `${method} ${target} HTTP/1.1\r\nHost: x\r\n`;
    const chunks = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
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
  }),
);
const attacks = [...smuggling, ...rawRequests.map(({ bytes }) => bytes)];

describe.each(has('nginx') ? ['embedded', 'nginx'] : ['embedded'])('behind the %s gateway', (gateway) => {
  let house: RunningHouse;
  beforeAll(async () => {
    house = await startHouse('--gateway', gateway);
  }, 60_000);
  afterAll(() => house?.stop(), 60_000);

  it(`nobody gets the answer to the request of another, while ${attackers} attackers smuggle`, async () => {
    const startMs = performance.now();
    const port = Number(new URL(house.url).port);
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
        if (!bytes.includes(mark) || !got.includes(`Hello, ${mark}`)) continue;
        wrong.push(`a request in a body was answered: ${bytes}`);
      }
    };
    const call = async (caller: number) => {
      for (let n = 0; n < callsOfEach; n++) {
        const name = `caller-${caller}-${n}`;
        const { status, body, requestId } = await ask(agent, port, name);
        tally.calls = (tally.calls ?? 0) + 1;
        const isOwn = status === 200 && body.includes(`Hello, ${name}!`) && requestId === name;
        if (isOwn) tally.own = (tally.own ?? 0) + 1;
        // An answer of one's own may be a problem where the machine is busy. One of another never is.
        else if (status === 200 || requestId !== name) wrong.push(`${name} got ${status} ${requestId} ${body}`);
        else tally[`status ${status}`] = (tally[`status ${status}`] ?? 0) + 1;
      }
    };
    const attacking = Array.from({ length: attackers }, attack);
    await Promise.all(Array.from({ length: honest }, (_, caller) => call(caller)));
    isOver = true;
    await Promise.all(attacking);
    agent.destroy();

    const seen = house.lines.filter((line) => JSON.stringify(line).includes(mark));
    const ms = Math.round(performance.now() - startMs);
    console.info(
      `${house.gateway}: ${JSON.stringify({ ...tally, wrong: wrong.length, seenByServices: seen.length, ms })}`,
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

/** Greets somebody. Gives the error's code as status where no answer comes. */
function ask(agent: Agent, port: number, name: string) {
  return new Promise<{ status: number | string; body: string; requestId: unknown }>((resolve) => {
    const fail = (error: NodeJS.ErrnoException) =>
      resolve({ status: error.code ?? 'error', body: '', requestId: name });
    const path = `/api/hello?name=${name}`;
    const headers = { 'x-request-id': name };
    httpRequest({ port, host: '127.0.0.1', path, headers, agent }, async (reply) => {
      const body = await text(reply).catch(() => '');
      resolve({ status: reply.statusCode ?? 0, body, requestId: reply.headers['x-request-id'] });
    })
      .on('error', fail)
      .end();
  });
}
