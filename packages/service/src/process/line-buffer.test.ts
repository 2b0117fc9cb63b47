import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';

const logger = new URL('./logger.ts', import.meta.url).href;

/** Runs a script that has a `logger` of standard output, in a process of its own. */
function running(script: string, output: 'pipe' | number = 'pipe') {
  const source = `const { createLogger } = await import('${logger}'); const logger = createLogger('own'); ${script}`;
  const args = ['--conditions=@parley/source', '--input-type=module', '--eval', source];
  const child = spawn(process.execPath, args, { stdio: ['ignore', output, 'inherit', 'ipc'] });
  return Object.assign(child, { stdout: child.stdout ?? Readable.from([]) });
}

function messages(output: string): unknown[] {
  return output.split('\n').flatMap((line) => (line ? JSON.parse(line).msg : []));
}

describe('line-buffer', () => {
  it('writes a line within moments', async () => {
    const child = running(`logger.info('here'); setInterval(() => {}, 1000)`);
    expect(messages(String(await once(child.stdout, 'data')))).toEqual(['here']);
    child.kill();
  });

  it('writes many lines at once, in order', async () => {
    const child = running(`for (let n = 0; n < 3000; n++) logger.info(String(n))`);
    const chunks: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (chunk) => chunks.push(chunk));
    await once(child.stdout, 'end');
    expect(chunks.length).toBeLessThan(300);
    expect(messages(chunks.join(''))).toEqual(Array.from({ length: 3000 }, (_, n) => String(n)));
  });

  it.each(['process.exit(3)', 'process.exitCode = 3'])('leaves no line behind at %s', async (end) => {
    const child = running(`logger.info('last'); ${end}`);
    expect(messages(await text(child.stdout))).toEqual(['last']);
  });

  it('keeps 16 MiB without a reader, then loses whole lines, and goes on', async () => {
    const child = running(`
      for (let n = 0; n < 30_000; n++) {
        logger.info({ pad: 'x'.repeat(1000) }, String(n));
        if (n % 100 === 0) await new Promise(setImmediate);
      }
      process.send('full');
      await new Promise((resolve) => process.once('message', resolve));
      await new Promise((resolve) => logger.flush(resolve));
      logger.info('after');
      process.disconnect()`);
    await once(child, 'message');
    child.send('read');
    const all = messages(await text(child.stdout));
    expect(all.length).toBeGreaterThan(10_000);
    expect(all.length).toBeLessThan(20_000);
    expect(all.at(-1)).toBe('after');
  });

  it('is flushed when asked to, and one for all loggers', async () => {
    const child = running(`
      logger.info('first');
      createLogger('other').info('second');
      logger.flush(() => process.send('flushed', () => process.kill(process.pid, 'SIGKILL')))`);
    const [message] = await once(child, 'message');
    expect([message, messages(await text(child.stdout))]).toEqual(['flushed', ['first', 'second']]);
  });

  it.each([
    ['one line', 'logger.info("only")'],
    [
      'more than is written at once',
      'for (let n = 0; n < 20_000; n++) logger.info({ pad: "x".repeat(200) }, String(n))',
    ],
  ])('lets a process end whose reader has gone, with %s to write', async (_, log) => {
    const child = running(
      `await new Promise((resolve) => process.once('message', resolve)); ${log}; process.disconnect()`,
    );
    child.stdout.destroy();
    child.send('gone');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  (existsSync('/dev/full') ? it : it.skip)('lets a process end whose disk is full', async () => {
    const full = openSync('/dev/full', 'w');
    const child = running(`logger.info('lost'); process.disconnect()`, full);
    closeSync(full);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  (existsSync('/dev/full') ? it : it.skip)(
    'ends nothing where the disk is full, and keeps no end waiting',
    async () => {
      const full = openSync('/dev/full', 'w');
      const child = running(
        `
      for (let n = 0; n < 30; n++) {
        logger.info(String(n));
        await new Promise((resolve) => logger.flush(resolve));
      }
      process.send('alive', () => process.exit(7))`,
        full,
      );
      closeSync(full);
      const exit = once(child, 'exit');
      expect(await Promise.race([once(child, 'message'), exit])).toEqual(['alive', undefined]);
      expect(await exit).toEqual([7, null]);
    },
  );
});
