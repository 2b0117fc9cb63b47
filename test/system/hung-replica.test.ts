import { describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { ask } from '../public-api.ts';
import { gateways, withSystem } from './with-system.ts';

describe('a process that hangs', () => {
  const system = withSystem('--gateway', gateways[0] as string);
  const hung = () => system.running.lines.flatMap(({ msg }) => /^(\S+) hangs: no answer/.exec(String(msg))?.[1] ?? []);

  it('is replaced, when stopped and when its event loop is blocked for ever', async () => {
    const stopped = await system.served('greetings-1');
    const blocked = await system.served('hello-2');
    process.kill(stopped, 'SIGSTOP');
    await blockEventLoop(blocked);
    await Promise.all([system.served('greetings-1', stopped), system.served('hello-2', blocked)]);
    expect(hung().toSorted()).toEqual(['greetings-1', 'hello-2']);
    expect((await ask(system.running.url, '/api/hello?name=Ada&language=fr')).body).toEqual({
      message: 'Bonjour, Ada !',
    });
  }, 60_000);

  /** By the debugger that Node opens at SIGUSR1: no service has such an operation. */
  async function blockEventLoop(pid: number): Promise<void> {
    process.kill(pid, 'SIGUSR1');
    const address = await eventually(() => {
      const line = system.running.lines.findLast(({ msg }) => String(msg).startsWith('Debugger listening on ws://'));
      return /ws:\S+/.exec(String(line?.msg))?.[0];
    });
    const debug = new WebSocket(address);
    await new Promise((resolve) => debug.addEventListener('open', resolve));
    debug.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'for (;;);' } }));
    debug.addEventListener('error', () => {});
  }

  it('is replaced one at a time where all replicas of a service hang, and nginx too', async () => {
    const names = ['hello-1', 'hello-2', ...(system.running.gatewayPid ? ['nginx'] : [])];
    const hanging = await Promise.all(names.map(async (name) => ({ name, pid: await system.served(name) })));
    const from = system.running.lines.length;
    // Workers of nginx too.
    for (const { pid } of hanging) process.kill(-pid, 'SIGSTOP');
    await Promise.all(hanging.map(({ name, pid }) => system.served(name, pid)));
    const ends = system.running.lines.slice(from).flatMap(({ msg }) => {
      const [, name, what] = /^(\S+) (hangs|is ready)/.exec(String(msg)) ?? [];
      return name ? [`${what === 'hangs' ? 'ended' : 'ready'} ${name}`] : [];
    });
    console.info(ends.join(', '));
    expect(ends).toHaveLength(2 * hanging.length);
    // Each is ready before the next is ended.
    for (const [at, end] of ends.entries()) expect(end.startsWith(at % 2 === 0 ? 'ended ' : 'ready ')).toBe(true);
    expect((await ask(system.running.url, '/api/hello?name=Ada&language=fr')).body).toEqual({
      message: 'Bonjour, Ada !',
    });
  }, 90_000);
});
