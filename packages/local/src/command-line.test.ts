import { describe, expect, it } from '@jest/globals';
import { help, parseCommandLine } from './command-line.ts';
import type { LocalError } from './local-error.ts';

describe('parseCommandLine', () => {
  it('asks for everything on port 8080 if nothing is given', () => {
    const { scale, ...rest } = parseCommandLine([], {});
    expect(rest).toEqual({ isHelp: false, port: 8080, gateway: undefined, services: [], watch: false });
    expect([...scale]).toEqual([]);
  });

  it('takes the port from PORT, and from --port before that', () => {
    expect(parseCommandLine([], { PORT: '8081' }).port).toBe(8081);
    expect(parseCommandLine(['--port', '8082'], { PORT: '8081' }).port).toBe(8082);
    expect(parseCommandLine([], { PORT: '' }).port).toBe(8080);
  });

  it('scales several services', () => {
    const { scale } = parseCommandLine(['--scale', 'hello=4', '--scale=greetings=1'], {});
    expect([...scale]).toEqual([
      ['hello', 4],
      ['greetings', 1],
    ]);
  });

  it('takes the services to run, and 0 for a service not to run', () => {
    const { services, scale } = parseCommandLine(['hello', 'greetings', '--scale', 'hello=0'], {});
    expect(services).toEqual(['hello', 'greetings']);
    expect([...scale]).toEqual([['hello', 0]]);
  });

  it.each([
    [['--gatway', 'nginx'], "Unknown option '--gatway'"],
    [['--port'], '--port'],
    [['--port', 'http'], '--port: expected a port from 1 to 65535, got "http"'],
    [['--port', '65536'], '--port: expected a port from 1 to 65535, got "65536"'],
    [['--gateway', 'envoy'], '--gateway: expected nginx, haproxy or embedded, got "envoy"'],
    [['--scale', 'hello'], 'expected a service and a number such as hello=4, got "hello"'],
    [['--scale', 'hello=many'], 'got "hello=many"'],
  ])('refuses %j in one sentence, exit code 2', (args, sentence) => {
    const refusal = catching(() => parseCommandLine(args, {}));
    expect(refusal.message).toContain(sentence);
    expect(refusal.message).not.toContain('\n');
    expect(refusal.exitCode).toBe(2);
  });

  it('names PORT when PORT is wrong', () => {
    expect(() => parseCommandLine([], { PORT: 'x' })).toThrow('PORT: expected a port');
  });

  it('explains every option', () => {
    for (const option of ['--port', '--scale', '--gateway', '--watch', '--help'])
      expect(help('npm start')).toContain(option);
  });

  it('explains itself by the program that was called', () => {
    expect(help('parley')).toContain('parley start --scale hello=4');
    expect(help('parley')).toContain('parley init shop');
    expect(help('parley')).not.toMatch(/npm start|parley-local/);
  });
});

function catching(act: () => unknown): LocalError {
  try {
    act();
  } catch (error) {
    return error as LocalError;
  }
  throw new Error('nothing was thrown');
}
