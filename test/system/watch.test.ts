// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of code
import { realpathSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runningSystems } from '../../packages/local/src/runs/running-systems.ts';
import { eventually } from '../eventually.ts';
import { has } from '../needs.ts';
import { ask } from '../public-api.ts';
import { type RunningSystem, startSystemIn } from '../running-system.ts';
import { type LoadRequest, startLoad } from '../steady-load.ts';
import { copyRepository, type RepositoryCopy } from './repository-copy.ts';

/** Few, for machines that run other things too. */
const perSecond = Number(process.env.REQUESTS_PER_SECOND ?? 20);

/** Half of them write, through the service that changes. */
const request = (n: number): LoadRequest =>
  n % 2 === 0
    ? { method: 'POST', path: '/api/visits', body: { name: `Ada ${n}` } }
    : { path: '/api/hello?name=Ada&language=en' };

describe.each(has('nginx') ? ['nginx', 'embedded'] : ['embedded'])('npm start -- --watch behind %s', (gateway) => {
  let copy: RepositoryCopy;
  let system: RunningSystem;

  beforeAll(async () => {
    copy = await copyRepository();
    // One replica has to do what two could share.
    system = await startSystemIn(copy.folder, '--gateway', gateway, '--watch', '--scale', 'hello=1');
  }, 90_000);

  afterAll(async () => {
    expect(await system.stop()).toBe(0);
    await copy.remove();
  }, 60_000);

  const handlers = 'services/hello/handlers.ts';
  const greets = (words: string) =>
    eventually(async () => {
      const { body } = await ask(system.url, '/api/hello?name=Ada&language=en');
      return body.message === words ? true : undefined;
    }, 30_000);

  it('serves the new code, and fails no request meanwhile', async () => {
    const load = startLoad(system.url, { perSecond, request });
    try {
      for (const [before, after] of [
        ['() => name)', '() => `1${name}`)'],
        ['`1${name}`', '`2${name}`'],
        ['`2${name}`', '`3${name}`'],
      ] as const) {
        await copy.replace(handlers, before, after);
        await greets(`Hello, ${after.match(/\d/)}Ada!`);
      }
    } finally {
      const report = await load.stop();
      console.info(`${gateway}: ${JSON.stringify(report)}`);
      expect(report.lost).toEqual({});
      expect(report.sent).toBeGreaterThan(perSecond);
    }
  }, 90_000);

  it('leaves the address for operators as it was', async () => {
    const { operators = '', pid } = system.replicas.find(({ service }) => service === 'hello') ?? {};
    const { body } = await ask(operators, '/admin/service');
    expect(body).toMatchObject({ name: 'hello', isDraining: false });
    expect(body.pid).not.toBe(pid);
    // What `npx parley` reads.
    const recorded = runningSystems().find(({ root }) => root === realpathSync(copy.folder))?.replicas;
    expect(recorded?.find(({ service }) => service === 'hello')).toMatchObject({ operators, pid: body.pid });
  });

  it('goes on with the old code where the new code does not start, and says why', async () => {
    await copy.replace(handlers, 'export function', 'throw new Error("half done");\nexport function');
    const said = await eventually(() =>
      system.lines.find(({ level, msg }) => level === 'error' && String(msg).includes('half done')),
    );
    expect(said?.msg).toMatch(/^hello-1 ended before it was ready .*: the process before the change goes on$/);
    await greets('Hello, 3Ada!');
    await copy.replace(handlers, 'throw new Error("half done");\n', '');
    await copy.replace(handlers, '`3${name}`', '`4${name}`');
    await greets('Hello, 4Ada!');
  }, 60_000);

  it('leaves other services alone, but for callers where the contract has changed', async () => {
    const changed = () =>
      new Set(system.lines.flatMap(({ msg }) => /^(\w+) has changed$/.exec(String(msg))?.[1] ?? []));
    expect(changed()).toEqual(new Set(['hello']));
    await copy.replace('services/hello/contract/contract.ts', "'Greets somebody'", "'Greets people'");
    await eventually(() => (changed().has('guestbook') ? true : undefined), 30_000);
    expect(changed()).toEqual(new Set(['hello', 'guestbook']));
  }, 60_000);
});
