import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { has } from '../needs.ts';
import { ask, describePublicApi, expectProblem, post } from '../public-api.ts';
import { isAlive, type RunningSystem, startSystem } from '../running-system.ts';
import { root } from '../source-files.ts';

describe.each(has('nginx') ? ['nginx', 'embedded'] : ['embedded'])('npm start with the %s gateway', (gateway) => {
  let system: RunningSystem;

  beforeAll(async () => {
    system = await startSystem('--gateway', gateway);
  }, 60_000);

  afterAll(async () => {
    const pids = system.replicas.map(({ pid }) => pid);
    expect(await system.stop()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
  }, 60_000);

  it('runs two replicas of each service behind it', () => {
    expect(system.gateway).toMatch(new RegExp(gateway));
    const services = system.replicas.map(({ service }) => service);
    const each = readdirSync(join(root, 'services'));
    expect(services.sort()).toEqual([...each, ...each].sort());
  });

  it('says where the API docs of each service are', async () => {
    const { docs } = system.lines.find(({ msg }) => msg === 'ready') as { docs: { service: string; url: string }[] };
    expect(docs.map(({ service }) => service).sort()).toEqual(readdirSync(join(root, 'services')).sort());
    for (const { url } of docs) expect(await (await fetch(url)).text()).toContain('<title>API docs</title>');
  });

  it('serves a page with the operations of all services', async () => {
    const { allDocs } = system.lines.find(({ msg }) => msg === 'ready') as { allDocs: string };
    const page = await (await fetch(allDocs)).text();
    for (const operation of ['sayHello', 'getGreeting', 'addVisit']) expect(page).toContain(`#${operation}"`);
  });

  describePublicApi(() => system.url);

  it('hangs one request id and one trace on everything that a request causes', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { 'x-request-id': `trace-${gateway}`, traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    await ask(system.url, '/api/hello', { headers });
    const lines = await eventually(() => {
      const found = system.lines.filter(
        ({ requestId, msg }) => requestId === headers['x-request-id'] && msg === 'request',
      );
      return found.length === 2 ? found : undefined;
    });
    // In no order: the lines of two processes come as they come.
    expect(lines.map(({ service }) => service).sort()).toEqual(['greetings', 'hello']);
    expect(lines.map(({ traceId }) => traceId)).toEqual([traceId, traceId]);
  });

  it('greets in English while greetings does not answer', async () => {
    const pids = system.replicas.filter(({ service }) => service === 'greetings').map(({ pid }) => pid);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      const answer = await ask(system.url, '/api/hello?name=Alice&language=fr');
      expect(answer).toMatchObject({
        status: 200,
        body: { message: 'Hello, Alice!' },
        headers: { degraded: 'greetings' },
      });
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
  });

  it('answers with a problem while hello does not, and stores nothing', async () => {
    const pids = system.replicas.filter(({ service }) => service === 'hello').map(({ pid }) => pid);
    const count = async () => ((await ask(system.url, '/api/visits?limit=100')).body.visits as unknown[]).length;
    const before = await count();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      expectProblem(await post(system.url, '/api/visits', { name: 'Ada' }), 504, 'upstream_timeout');
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    expect(await count()).toBe(before);
  });
});
