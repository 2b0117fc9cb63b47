import { describe, expect, it } from '@jest/globals';
import { createLogLines, type LogLinesOptions } from './log-lines.ts';

const hello = { service: 'hello', replica: 'hello-1' };

function createLog(options: Partial<LogLinesOptions> = {}) {
  const lines: string[] = [];
  const write = (text: string) => void lines.push(text);
  const log = createLogLines({ write, isReadable: false, now: () => new Date('2026-01-02T03:04:05.678Z'), ...options });
  return { log, lines };
}

describe('log lines for machines', () => {
  it("hand on a service's own line with the replica's name", () => {
    const { log, lines } = createLog();
    log.line(hello, '{"level":"info","time":1,"service":"hello","msg":"listening"}', false);
    expect(lines).toEqual(['{"level":"info","time":1,"service":"hello","msg":"listening","replica":"hello-1"}\n']);
  });

  it.each([
    ['plain text', false, 'info'],
    ['{broken', true, 'warn'],
    ['2026/01/01 [error] 7#7: connect() failed', true, 'error'],
    ['2026/01/01 [notice] 7#7: exiting', true, 'info'],
  ])('wrap %s', (text, isError, level) => {
    const { log, lines } = createLog();
    log.line(hello, text, isError);
    expect(JSON.parse(lines[0] ?? '')).toEqual({ time: '2026-01-02T03:04:05.678Z', level, ...hello, msg: text });
  });

  it('say what the launcher does', () => {
    const { log, lines } = createLog();
    log.event('info', 'ready', { url: 'http://localhost:8080' });
    expect(lines[0]).toBe(
      '{"time":"2026-01-02T03:04:05.678Z","level":"info","service":"local","msg":"ready","url":"http://localhost:8080"}\n',
    );
  });

  it('leave out empty lines', () => {
    const { log, lines } = createLog();
    log.line(hello, '  ', true);
    expect(lines).toEqual([]);
  });
});

describe('log lines for people', () => {
  it('show time, replica, level, message and the other fields', () => {
    const { log, lines } = createLog({ isReadable: true });
    log.line(
      hello,
      '{"level":30,"time":1767323045678,"pid":7,"msg":"answered","status":200,"path":"/api/hello"}',
      false,
    );
    expect(lines).toEqual(['03:04:05.678 hello-1       info  answered status=200 path=/api/hello\n']);
  });

  it('survive a line without time, level or message', () => {
    const { log, lines } = createLog({ isReadable: true });
    log.line(hello, '{"x":1}', false);
    expect(lines).toEqual(['--:--:--.--- hello-1       info   x=1\n']);
  });

  it('are coloured only if asked to be', () => {
    const { log, lines } = createLog({ isReadable: true, isColoured: true });
    log.event('error', 'nothing works');
    expect(lines[0]).toContain('\u001b[31merror');
  });
});
