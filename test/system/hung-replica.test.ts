import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { has } from '../needs.ts';
import { ask } from '../public-api.ts';
import { isAlive, type RunningHouse, startHouse } from '../running-house.ts';

const looks = 6_000;

const gateway = has('nginx') ? 'nginx' : 'embedded';

describe('a process that hangs', () => {
  let house: RunningHouse;
  beforeAll(async () => {
    house = await startHouse('--gateway', gateway);
  }, 60_000);
  afterAll(async () => {
    expect(await house.stop()).toBe(0);
  }, 60_000);

  const pidOf = (replica: string) =>
    house.lines.findLast((line) => line.replica === replica && line.state === 'ready')?.pid as number;
  const isReplaced = (replica: string, pid: number) => eventually(() => pidOf(replica) !== pid && !isAlive(pid), looks);
  const hung = () => house.lines.flatMap(({ msg }) => /^(\S+) hangs: no answer/.exec(String(msg))?.[1] ?? []);

  it('is replaced, when stopped and when its event loop is blocked for ever', async () => {
    const stopped = pidOf('greetings-1');
    const blocked = pidOf('hello-2');
    process.kill(stopped, 'SIGSTOP');
    await blockEventLoop(blocked);
    await Promise.all([isReplaced('greetings-1', stopped), isReplaced('hello-2', blocked)]);
    expect(hung().toSorted()).toEqual(['greetings-1', 'hello-2']);
    expect((await ask(house.url, '/api/hello?name=Ada&language=fr')).body).toEqual({ message: 'Bonjour, Ada !' });
  }, 60_000);

  /** By the debugger that Node opens at SIGUSR1: no service has such an operation. */
  async function blockEventLoop(pid: number): Promise<void> {
    process.kill(pid, 'SIGUSR1');
    const address = await eventually(() => {
      const line = house.lines.findLast(({ msg }) => String(msg).startsWith('Debugger listening on ws://'));
      return /ws:\S+/.exec(String(line?.msg))?.[0];
    });
    const debug = new WebSocket(address);
    await new Promise((resolve) => debug.addEventListener('open', resolve));
    debug.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'for (;;);' } }));
    debug.addEventListener('error', () => {});
  }

  it('is replaced one at a time where all replicas of a service hang, and nginx too', async () => {
    const names = ['hello-1', 'hello-2', ...(house.gatewayPid ? ['nginx'] : [])];
    const hanging = names.map((name) => ({ name, pid: pidOf(name) }));
    const from = house.lines.length;
    // Workers of nginx too.
    for (const { pid } of hanging) process.kill(-pid, 'SIGSTOP');
    await Promise.all(hanging.map(({ name, pid }) => isReplaced(name, pid)));
    const ends = house.lines.slice(from).flatMap(({ msg }) => {
      const [, name, what] = /^(\S+) (hangs|is ready)/.exec(String(msg)) ?? [];
      return name ? [`${what === 'hangs' ? 'ended' : 'ready'} ${name}`] : [];
    });
    console.info(ends.join(', '));
    expect(ends).toHaveLength(2 * hanging.length);
    // Each is ready before the next is ended.
    for (const [at, end] of ends.entries()) expect(end.startsWith(at % 2 === 0 ? 'ended ' : 'ready ')).toBe(true);
    expect((await ask(house.url, '/api/hello?name=Ada&language=fr')).body).toEqual({ message: 'Bonjour, Ada !' });
  }, 90_000);
});
