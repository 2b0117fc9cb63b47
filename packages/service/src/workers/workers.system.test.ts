import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/eventually.ts';
import { certificateFiles } from '../../test-fixtures/certificate-files.ts';
import { type ChildService, startChild } from '../../test-fixtures/child-service.ts';
import { ask, http2Session } from '../../test-fixtures/http2-client.ts';

const program = 'workers-main.ts';
// As `npm start` does: each test starts three processes.
const compiled = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../../../node_modules/.cache/node-compile-cache', import.meta.url)),
};
const token = 'token-of-the-operators';
const running: ChildService[] = [];

interface Service {
  readonly child: ChildService;
  readonly port: number;
  readonly adminPort: number;
}

async function started(env: Record<string, string> = {}): Promise<Service> {
  const child = startChild(
    { WORKERS: '2', DRAIN_DELAY_MS: '100', ADMIN_ACT_TOKEN: token, ...compiled, ...env },
    program,
  );
  running.push(child);
  await child.line('all workers are ready');
  const { port, adminPort } = (await child.line('listening')) as { port: number; adminPort: number };
  return { child, port, adminPort };
}

interface Asked {
  readonly agent?: Agent | false;
  readonly method?: string;
  readonly body?: unknown;
}

async function send(port: number, path: string, { agent = false, method = 'GET', body }: Asked = {}) {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const sent = request({ host: '127.0.0.1', port, path, agent, method, headers });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [reply] = await once(sent, 'response');
  return { status: reply.statusCode as number, text: await text(reply) };
}

const pidOf = async (port: number, path = '/api/answer', asked: Asked = {}): Promise<number> =>
  JSON.parse((await send(port, path, asked)).text).pid;

interface SeenService {
  readonly pid: number;
  readonly workers: readonly { readonly pid: number }[];
  readonly [name: string]: unknown;
}

async function seen({ adminPort }: Service): Promise<SeenService> {
  return JSON.parse((await send(adminPort, '/admin/service')).text);
}

const pids = async (service: Service) => (await seen(service)).workers.map(({ pid }) => pid);

/** Requests that the service has counted. */
async function counted({ adminPort }: Service): Promise<number> {
  const { text: page } = await send(adminPort, '/metrics');
  const counts = page.matchAll(/^http_server_request_duration_seconds_count\{[^}]*"\/api\/answer"[^}]*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Asks on connections that are kept, until it is stopped; gives what came back instead of 200. */
function startAsking(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 6 });
  let isOver = false;
  let answered = 0;
  const lost: unknown[] = [];
  const ask = async () => {
    while (!isOver) {
      const outcome = await send(port, '/api/answer?ms=2', { agent }).then(
        ({ status }) => status,
        ({ code }) => code,
      );
      if (outcome === 200) answered++;
      else lost.push(outcome);
    }
  };
  const all = Promise.all(Array.from({ length: 6 }, ask));
  return {
    answered: () => answered,
    async stop() {
      isOver = true;
      await all;
      agent.destroy();
      return lost;
    },
  };
}

/** Waits until this number of further requests was answered. */
const moreAnswers = ({ answered }: ReturnType<typeof startAsking>, more: number) => {
  const before = answered();
  return eventually(() => answered() >= before + more, 6_000);
};

describe('a service with two workers', () => {
  afterEach(async () => {
    for (const { process, ended } of running.splice(0)) {
      process.kill('SIGTERM');
      process.kill('SIGKILL');
      await ended;
    }
  });

  it('shares its port between them, connection by connection', async () => {
    const service = await started();
    const answering = new Set<number>();
    for (let i = 0; i < 6; i++) answering.add(await pidOf(service.port));
    expect(answering).toEqual(new Set(await pids(service)));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const same = new Set<number>();
    for (let i = 0; i < 6; i++) same.add(await pidOf(service.port, '/api/answer', { agent }));
    agent.destroy();
    expect(same.size).toBe(1);
  });

  it('is one process for its orchestrator, with one operators’ port', async () => {
    const service = await started();
    const { pid, workers } = await seen(service);
    expect(pid).toBe(service.child.process.pid);
    expect(workers).toHaveLength(2);
    for (const path of ['/livez', '/readyz', '/metrics', '/docs', '/admin/options', '/admin/lint', '/admin/calls']) {
      expect([path, (await send(service.adminPort, path)).status]).toEqual([path, 200]);
    }
    expect((await send(service.adminPort, '/admin/nothing')).status).toBe(404);
  });

  it('speaks HTTP/2 and TLS on both', async () => {
    const files = await certificateFiles();
    try {
      const service = await started(files.env);
      const answering = new Set<number>();
      for (let i = 0; i < 4; i++) {
        const session = http2Session(`https://127.0.0.1:${service.port}`, { ...files.client, servername: 'localhost' });
        answering.add(JSON.parse((await ask(session, { ':path': '/api/answer' })).body).pid);
        session.close();
      }
      expect(answering.size).toBe(2);
      const tls = { ...files.client, servername: 'localhost', agent: false } as const;
      const sent = secureRequest({ host: '127.0.0.1', port: service.port, path: '/api/answer', ...tls }).end();
      const [reply] = await once(sent, 'response');
      expect([reply.statusCode, answering.has(JSON.parse(await text(reply)).pid)]).toEqual([200, true]);
    } finally {
      files.remove();
    }
  });

  it('speaks cleartext HTTP/2 on both', async () => {
    const service = await started();
    const answering = new Set<number>();
    for (let i = 0; i < 4; i++) {
      const session = http2Session(`http://127.0.0.1:${service.port}`);
      answering.add(JSON.parse((await ask(session, { ':path': '/api/answer' })).body).pid);
      session.close();
    }
    expect(answering.size).toBe(2);
  });

  it('loses only what a killed worker had in flight, and starts another one', async () => {
    const service = await started();
    const before = await pids(service);
    const asking = startAsking(service.port);
    await moreAnswers(asking, 50);
    process.kill(before[0] as number, 'SIGKILL');
    const after = await eventually(async () => {
      const now = await pids(service);
      return now.length === 2 && !now.includes(before[0] as number) && now;
    });
    await moreAnswers(asking, 50);
    const lost = await asking.stop();
    // Six connections: at most all of them were with that worker.
    expect(lost.length).toBeLessThanOrEqual(6);
    expect(after).toContain(before[1]);
    expect(service.child.lines).toContainEqual(
      expect.objectContaining({ msg: 'a worker ended: it is started again', how: 'killed by SIGKILL' }),
    );
  });

  it('closes the connection that a killed worker did not take', async () => {
    const service = await started();
    const [stopped = 0, other] = await pids(service);
    process.kill(stopped, 'SIGSTOP');
    // In turn: the stopped one gets one of them, and no second one before it has taken that.
    const answers = Array.from({ length: 4 }, () => pidOf(service.port).catch(({ code }) => code));
    await Promise.any(answers);
    process.kill(stopped, 'SIGKILL');
    expect((await Promise.all(answers)).toSorted()).toEqual([other, other, other, 'ECONNRESET']);
  });

  it('restarts one after the other at SIGHUP, and loses no request', async () => {
    const service = await started();
    const before = await pids(service);
    const asking = startAsking(service.port);
    await moreAnswers(asking, 50);
    service.child.process.kill('SIGHUP');
    await service.child.line('workers restarted');
    await moreAnswers(asking, 50);
    expect(await asking.stop()).toEqual([]);
    const after = await pids(service);
    expect(after).toHaveLength(2);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  });

  it('restarts once more however many signals come during a restart', async () => {
    const { child } = await started({ LOG_LEVEL: 'info' });
    const count = (message: string) => child.lines.filter(({ msg }) => msg === message).length;
    child.process.kill('SIGHUP');
    await child.line('restarting the workers one by one');
    for (let n = 0; n < 8; n++) {
      child.process.kill('SIGHUP');
      await pause(20); // the kernel makes one of two that wait
    }
    await eventually(() => count('workers restarted') === 2, 30_000);
    child.process.kill('SIGTERM');
    await child.ended;
    expect(count('restarting the workers one by one')).toBe(2);
  });

  it('answers what is in flight at SIGTERM, on each worker, and leaves nothing behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'workers-test-'));
    const service = await started({ TMPDIR: folder });
    expect(readdirSync(folder)).toHaveLength(1);
    const slow = Array.from({ length: 6 }, () => send(service.port, '/api/answer?ms=1000'));
    await eventually(async () => ((await seen(service)).load as { inFlight: number }).inFlight === 6);
    service.child.process.kill('SIGTERM');
    const replies = await Promise.all(slow);
    expect(replies.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(new Set(replies.map((reply) => JSON.parse(reply.text).pid)).size).toBe(2);
    expect(await service.child.ended).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('is not ready while it drains', async () => {
    const service = await started({ DRAIN_DELAY_MS: '600000' });
    service.child.process.kill('SIGTERM');
    await eventually(async () => (await send(service.adminPort, '/readyz')).status === 503);
    expect((await send(service.adminPort, '/livez')).status).toBe(200);
  });

  it('has the sums of its workers as metrics, which never fall', async () => {
    const service = await started();
    for (let i = 0; i < 20; i++) await send(service.port, '/api/answer');
    expect(await counted(service)).toBe(20);
    process.kill((await pids(service))[0] as number, 'SIGKILL');
    await service.child.line('a worker ended: it is started again');
    expect(await counted(service)).toBe(20);
    await eventually(async () => (await pids(service)).length === 2);
    for (let i = 0; i < 4; i++) await send(service.port, '/api/answer');
    service.child.process.kill('SIGHUP');
    await service.child.line('workers restarted');
    expect(await counted(service)).toBe(24);
    const { text: page } = await send(service.adminPort, '/metrics');
    expect(page).toMatch(/^parley_server_workers 2$/m);
    expect(page).toMatch(/^parley_server_worker_restarts_total 1$/m);
    expect(page).toMatch(/^parley_service_info\{.*\} 1$/m);
  });

  it('lets operators act on all of them', async () => {
    const service = await started();
    const { adminPort, child } = service;
    const level = await send(adminPort, '/admin/log-level', { method: 'PUT', body: { level: 'debug' } });
    expect([level.status, JSON.parse(level.text)]).toEqual([
      200,
      { before: 'info', after: 'debug', endsAt: expect.any(String) },
    ]);
    const fault = { percentage: 100, abort: 'unavailable', forMs: 60_000 };
    expect((await send(adminPort, '/admin/faults/answer', { method: 'PUT', body: fault })).status).toBe(200);
    for (let i = 0; i < 4; i++) expect((await send(service.port, '/api/answer')).status).toBe(503);
    expect(await seen(service)).toMatchObject({
      logLevel: { level: 'debug', configured: 'info' },
      faults: [{ operation: 'answer', hits: 4 }],
    });
    const audited = await eventually(() => {
      const lines = child.lines.filter(({ msg, act }) => msg === 'an operator acts' && act === 'setFault');
      return lines.length === 2 && lines;
    });
    expect(new Set(audited.map(({ pid }) => pid)).size).toBe(2);
    expect(audited.map(({ peer }) => peer)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  it('refuses an act as one service does', async () => {
    const { adminPort } = await started();
    const wrong = await send(adminPort, '/admin/faults/nothing', {
      method: 'PUT',
      body: { percentage: 1, delayMs: 1, forMs: 1 },
    });
    expect([wrong.status, JSON.parse(wrong.text)]).toEqual([
      404,
      expect.objectContaining({ detail: 'This service has no operation "nothing"; it has: answer, crash, hang, stop' }),
    ]);
    const sent = request({ host: '127.0.0.1', port: adminPort, path: '/admin/drain', method: 'POST' }).end();
    const [reply] = await once(sent, 'response');
    expect(reply.statusCode).toBe(401);
  });

  it('shows the events of all in one stream, with one snapshot', async () => {
    const service = await started();
    const headers = { authorization: `Bearer ${token}` };
    const sent = request({ host: '127.0.0.1', port: service.adminPort, path: '/admin/events', headers }).end();
    const [reply] = await once(sent, 'response');
    let read = '';
    reply.setEncoding('utf8').on('data', (chunk: string) => {
      read += chunk;
    });
    const events = () =>
      read.split('\n\n').flatMap((frame) => (frame.startsWith('data: ') ? [JSON.parse(frame.slice(6))] : []));
    await eventually(() => events().length === 1);
    expect(events()[0]).toMatchObject({ kind: 'snapshot', service: { pid: service.child.process.pid } });
    await send(service.adminPort, '/admin/log-level', { method: 'PUT', body: { level: 'warn' } });
    await eventually(() => events().length === 2);
    expect(events()[1]).toMatchObject({ kind: 'act', act: 'setLogLevel' });
    // A worker that ends cuts the stream: what it would tell is missing from then on.
    const cut = once(reply, 'error');
    process.kill((await pids(service))[1] as number, 'SIGKILL');
    await cut;
    expect(events()).toHaveLength(2);
  });

  it('stops with all workers when an operator drains it', async () => {
    const { adminPort, child } = await started();
    expect((await send(adminPort, '/admin/drain', { method: 'POST' })).status).toBe(202);
    expect(await child.ended).toEqual({ code: 0, stderr: '' });
  });

  it('stops with all workers when its application stops it', async () => {
    const { port, child } = await started();
    expect((await send(port, '/api/stop')).status).toBe(200);
    expect(await child.ended).toEqual({ code: 0, stderr: '' });
  });

  it('ends at once at a second signal, with its workers', async () => {
    const service = await started({ DRAIN_DELAY_MS: '600000' });
    const workers = await pids(service);
    service.child.process.kill('SIGTERM');
    await service.child.line('draining');
    service.child.process.kill('SIGTERM');
    expect((await service.child.ended).code).toBe(1);
    await eventually(() => workers.every((pid) => !existsSync(`/proc/${pid}`)));
  });

  it('ends at SIGTERM though its log is not read any more', async () => {
    const service = await started();
    const { process } = service.child;
    process.stdout?.pause();
    const asking = startAsking(service.port);
    await moreAnswers(asking, 3_000); // more lines than the pipe takes
    await asking.stop();
    const exit = once(process, 'exit');
    process.kill('SIGTERM');
    await exit;
    process.stdout?.resume();
  });

  it('leaves no worker behind when it is killed itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'workers-test-'));
    const service = await started({ TMPDIR: folder });
    const workers = await pids(service);
    service.child.process.kill('SIGKILL');
    await eventually(() => workers.every((pid) => !existsSync(`/proc/${pid}`)));
    expect(readdirSync(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('kills a worker that hangs, and starts another one', async () => {
    const service = await started();
    const before = await pids(service);
    const hanging = send(service.port, '/api/hang').catch(({ code }) => code);
    await service.child.line('a worker ended: it is started again');
    expect(await hanging).toBe('ECONNRESET');
    const after = await eventually(async () => {
      const now = await pids(service);
      return now.length === 2 && now;
    });
    expect(after.filter((pid) => before.includes(pid))).toHaveLength(1);
  });

  it('starts its workers again that are killed while it starts', async () => {
    const child = startChild({ WORKERS: '2', DRAIN_DELAY_MS: '100', ...compiled }, program);
    running.push(child);
    await child.line('listening');
    const { pid } = child.process;
    const workers = () =>
      readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    await eventually(() => workers().length === 2);
    for (const worker of workers()) process.kill(worker, 'SIGKILL');
    await child.line('all workers are ready');
    expect(child.process.exitCode).toBeNull();
  });

  it('ends where its workers crash again and again, with a line that says so', async () => {
    const child = startChild({ ...compiled, WORKERS: '2', CRASHES: 'after', DRAIN_DELAY_MS: '0' }, program);
    running.push(child);
    const { code } = await child.ended;
    expect(code).toBe(1);
    expect(child.lines).toContainEqual(
      expect.objectContaining({
        level: 'fatal',
        how: 'exit code 7',
        msg: '5 times in a row a worker ended within 10 s of its start or before it was ready: the service stops. See what the workers wrote last',
      }),
    );
  });

  it('ends at once where it cannot start, with the reason once', async () => {
    const child = startChild({ WORKERS: '2', ADMIN_PORT: '1', HOST: '192.0.2.1' }, program);
    running.push(child);
    const { code, stderr } = await child.ended;
    expect([code, stderr.split('cannot listen on').length]).toEqual([1, 2]);
  });

  it('ends with a line that says how its first worker ended, where that wrote nothing', async () => {
    const child = startChild({ ...compiled, WORKERS: '2', CRASHES: 'silently' }, program);
    running.push(child);
    expect((await child.ended).code).toBe(1);
    expect(child.lines).toContainEqual(
      expect.objectContaining({
        ...{ level: 'fatal', how: 'killed by SIGKILL' },
        msg: 'the first worker ended before it was ready: the service stops. See what the worker wrote last',
      }),
    );
  });

  it('is refused where the path of its sockets would be too long', async () => {
    const child = startChild({ ...compiled, WORKERS: '2', TMPDIR: `/tmp/${'x'.repeat(80)}` }, program);
    running.push(child);
    const { code, stderr } = await child.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('the limit is 107: set TMPDIR to a shorter path')]);
  });

  it('has no setting in its environment that a supervisor does not need', async () => {
    const { child } = await started();
    const environment = readFileSync(`/proc/${child.process.pid}/environ`, 'utf8').split('\0');
    const given = environment.find((one) => one.startsWith('PARLEY_SUPERVISOR='))?.split('=', 2)[1] ?? '{}';
    expect(Object.keys(JSON.parse(given)).sort()).toEqual([
      'adminHost',
      'adminPort',
      'drainDelayMs',
      'drainTimeoutMs',
      'logLevel',
      'name',
      'workers',
    ]);
  });

  it('stops at SIGTERM in the midst of a restart, without an error', async () => {
    const service = await started();
    service.child.process.kill('SIGHUP');
    await service.child.line('restarting the workers one by one');
    service.child.process.kill('SIGTERM');
    expect(await service.child.ended).toEqual({ code: 0, stderr: '' });
    expect(service.child.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it.each([
    ['no store', 'none'],
    ['a memory store', 'given'],
  ])('refuses to start with keyed operations and %s', async (_what, store) => {
    const child = startChild({ WORKERS: '2', KEYED: store }, program);
    running.push(child);
    expect(await child.ended).toEqual({
      code: 1,
      stderr:
        "WORKERS is 2, and keyed operations (add) would take effect once per worker: give idempotency.store a store that workers share, such as sqliteStore('answers.sqlite'), or set WORKERS=1\n",
    });
  });
});

describe('a service with one worker', () => {
  it('is the process itself', async () => {
    const child = startChild({ WORKERS: '1', DRAIN_DELAY_MS: '0' }, program);
    const { port, pid } = (await child.line('listening')) as { port: number; pid?: number };
    expect(await pidOf(port)).toBe(child.process.pid);
    expect(pid).toBeUndefined();
    child.process.kill('SIGTERM');
    expect(await child.ended).toEqual({ code: 0, stderr: '' });
  });
});
