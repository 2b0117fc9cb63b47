import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isStream } from '@parley/contract';
import { admin } from '@parley/service/admin';
import { eventually } from '../eventually.ts';
import { has } from '../needs.ts';
import { abort, abortBody, flood, refusedRequests, secret, secretGet, secretRequest } from '../planted-secrets.ts';
import { isAlive, type RunningSystem, startSystem } from '../running-system.ts';
import { sendRaw } from '../send-raw.ts';

describe.each(has('nginx') ? ['nginx', 'embedded'] : ['embedded'])('the log of a system behind %s', (gateway) => {
  let system: RunningSystem;

  beforeAll(async () => {
    system = await startSystem('--gateway', gateway);
  }, 60_000);
  afterAll(async () => {
    expect(await system.stop()).toBe(0);
    // After the last line: what is written while it drains counts too.
    const holding = system.lines.filter((line) => JSON.stringify(line).includes(secret));
    expect(holding).toEqual([]);
  }, 60_000);

  const pidsOf = (name: string) => system.replicas.filter(({ service }) => service === name).map(({ pid }) => pid);
  const nginxLines = () => system.lines.filter(({ replica, level }) => replica === 'nginx' && level !== 'info');
  const said = (words: RegExp) =>
    gateway === 'nginx' && eventually(() => nginxLines().find(({ msg }) => words.test(String(msg))));

  it.each(refusedRequests)('holds nothing of %s, status %d', async (_, status, bytes) => {
    const reply = await sendRaw(system.url, bytes);
    // Node has one limit for URL and headers, and one status.
    expect([status, status === 414 ? 431 : status]).toContain(reply.status);
    expect(reply.text).not.toContain(secret);
  });

  it('holds nothing of a client that hangs up', async () => {
    await abort(system.url, '/api/hello');
    await abortBody(system.url);
    await sendRaw(system.url, `GET /api/hello?${secret}`, { hangUpAfterMs: 50 });
  });

  it('holds nothing of a client that tries to begin a line of its own', async () => {
    for (const end of ['\u2028', '\r', '\u0085', '%0a']) {
      const forged = `2026/01/31 12:00:00 [alert] 1#1: ${secret}`.replaceAll(' ', '\t');
      await sendRaw(system.url, secretGet(`/api/hello/${Buffer.from(end).toString('latin1')}${forged}`));
    }
  });

  it('holds nothing of requests whose service hangs, or is gone', async () => {
    const pids = pidsOf('greetings');
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    // The launcher kills what hangs: the reply may be that of a connection that broke (502), or of nobody (503).
    const hanging = sendRaw(system.url, secretGet('/api/greetings'), { hangUpAfterMs: 35_000 });
    // Its service calls the one that hangs, and tells operators of that.
    const calling = sendRaw(system.url, secretRequest(`GET /api/hello?name=${secret}&language=fr`));
    expect([200, 502, 503, 504]).toContain((await hanging).status);
    expect([200, 502, 503, 504]).toContain((await calling).status);
    // Waits for its answer when the process dies.
    const broken = [1, 2, 3, 4].map(() => sendRaw(system.url, secretGet('/api/greetings/fr')));
    await abort(system.url, '/api/greetings');
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    const after = [1, 2, 3, 4].map(() => sendRaw(system.url, secretGet('/api/greetings/fr')));
    const statuses = (await Promise.all([...broken, ...after])).map(({ status }) => status);
    expect(statuses).toEqual(statuses.filter((status) => [200, 404, 400, 502, 503].includes(status)));
    await said(/Connection refused|reset by peer|prematurely closed/);
  }, 40_000);

  it('holds as little as what operators read of failed calls and requests', async () => {
    const paths = Object.values(admin.operations).filter(({ method, output }) => method === 'GET' && !isStream(output));
    const urls = system.replicas
      .filter(({ service, pid }) => service !== 'gateway' && isAlive(pid))
      .flatMap(({ operators }) => paths.map(({ path }) => `${operators}${path.template}`));
    const answers = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
    expect(answers.length).toBeGreaterThan(10);
    expect(answers.every((answer) => answer.startsWith('{"'))).toBe(true);
    expect(answers.filter((answer) => answer.includes(secret))).toEqual([]);
    expect(answers.filter((answer) => answer.includes('"reason":"failed"')).length).toBeGreaterThan(0);
  });

  it('holds nothing of connections that are more than a client’s share', async () => {
    const refused = await flood(system.url, 1_100);
    if (gateway === 'nginx') expect(refused).toBeGreaterThan(0);
    await said(/limiting connections/);
  });
});
