import { once } from 'node:events';
import { statSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalError } from '../local-error.ts';
import { type ControlSocket, openControlSocket, replaceReplica } from './control-socket.ts';
import { createRunFolder, removeRunFolder } from './run-folder.ts';

let folder: string;
let socket: ControlSocket;
const asked: string[] = [];
beforeEach(async () => {
  asked.length = 0;
  folder = createRunFolder({ root: '/shop', port: 1, drainTimeoutMs: 1 });
  socket = await openControlSocket(folder, async (name) => {
    asked.push(name);
    if (name === 'hello-9') throw new LocalError('expected a replica that runs, got "hello-9"');
  });
});
afterEach(() => {
  socket.close();
  removeRunFolder(folder);
});

describe('the control socket of a launcher', () => {
  it('replaces a replica', async () => {
    await replaceReplica(process.pid, 'hello-1');
    expect(asked).toEqual(['hello-1']);
  });

  it('is given up where the launcher says nothing', async () => {
    socket.close();
    socket = await openControlSocket(folder, () => new Promise(() => {}));
    await expect(replaceReplica(process.pid, 'hello-1', 50)).rejects.toThrow('got none (silent for 50 ms)');
  });

  it('tells why it does not', async () => {
    await expect(replaceReplica(process.pid, 'hello-9')).rejects.toThrow('got "hello-9"');
  });

  it('is for its user alone, whatever the umask is', async () => {
    const umask = process.umask(0);
    const other = createRunFolder({ root: '/shop', port: 1, drainTimeoutMs: 1 });
    const open = await openControlSocket(other, async () => {}).finally(() => process.umask(umask));
    expect(statSync(join(other, 'control')).mode & 0o777).toBe(0o700);
    open.close();
    removeRunFolder(other);
  });

  it.each(['/replicas/%/replace', '/replicas/%E0%A4%A/replace', '/replicas//replace', '/', '/replicas/a/b/replace'])(
    'refuses %s, and goes on',
    async (url) => {
      const asking = request({ socketPath: join(folder, 'control/socket'), path: url, method: 'POST' }).end();
      const [response] = await once(asking, 'response');
      response.resume();
      expect(response.statusCode).toBe(404);
      await replaceReplica(process.pid, 'hello-1');
      expect(asked).toEqual(['hello-1']);
    },
  );

  it('bears bytes that are no HTTP', async () => {
    const garbage = connect(join(folder, 'control/socket'));
    garbage.on('error', () => {});
    garbage.resume().write('\0\xff garbage\n\n');
    await once(garbage, 'close');
    await replaceReplica(process.pid, 'hello-1');
    expect(asked).toEqual(['hello-1']);
  });

  it('says so where the path of the temporary folder is too long for a socket', async () => {
    const long = join(folder, 'x'.repeat(107));
    await expect(openControlSocket(long, async () => {})).rejects.toThrow('start it with a shorter TMPDIR');
  });

  it('is missed where the launcher is gone, or stops', async () => {
    await expect(replaceReplica(2 ** 22 + 1, 'hello-1')).rejects.toThrow('expected a launcher with pid');
    socket.close();
    await expect(replaceReplica(process.pid, 'hello-1')).rejects.toThrow(
      'expected an answer of the launcher, got none',
    );
  });
});
