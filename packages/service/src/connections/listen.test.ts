import { createServer } from 'node:http';
import { describe, expect, it, jest } from '@jest/globals';
import { ConfigError } from '../process/config-error.ts';
import { listen } from './listen.ts';

const local = { host: '127.0.0.1', port: 0, variable: 'PORT' };

describe('listen', () => {
  it('answers with the port that was taken', async () => {
    const server = createServer();
    const port = await listen(server, local);
    expect(port).toBeGreaterThan(0);
    expect(server.listenerCount('error')).toBe(0);
    server.close();
  });

  it('asks the kernel for the backlog that is set, and for Node’s own where none is', async () => {
    for (const [backlog, expected] of [
      [4096, 4096],
      [undefined, 511],
    ]) {
      const server = createServer();
      const asked = jest.spyOn(server, 'listen');
      await listen(server, { ...local, ...(backlog && { backlog }) });
      expect(asked.mock.calls[0]?.[0]).toMatchObject({ backlog: expected });
      server.close();
    }
  });

  it('says which variable to set where the port is taken', async () => {
    const first = createServer();
    const port = await listen(first, local);
    const second = listen(createServer(), { ...local, port, variable: 'ADMIN_PORT' });
    await expect(second).rejects.toThrow(ConfigError);
    await expect(second).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: the port is taken; stop the process that has it, or set ADMIN_PORT to another`,
    );
    first.close();
  });

  it('says so where the host is none of this machine', async () => {
    const listening = listen(createServer(), { ...local, host: '192.0.2.1' });
    await expect(listening).rejects.toThrow('HOST is no address of this machine');
  });

  it('says so where the system forbids the port, and passes on what it does not know', async () => {
    for (const [code, sentence] of [
      ['EACCES', 'the system forbids this port; set PORT'],
      ['EMFILE', 'cannot listen on 127.0.0.1:0: EMFILE'],
    ] as const) {
      const server = createServer();
      jest.spyOn(server, 'listen').mockImplementation(() => {
        server.emit('error', Object.assign(new Error(code), { code }));
        return server;
      });
      await expect(listen(server, local)).rejects.toThrow(sentence);
    }
  });
});
