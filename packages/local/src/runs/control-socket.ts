import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, request, type ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { messageOf } from '@parley/contract';
import { LocalError } from '../local-error.ts';
import { ownerOf, runFolders } from './run-folder.ts';

/** Where a launcher takes requests of the same user: a socket in the folder of its run. */
export interface ControlSocket {
  /** Takes no more requests, and breaks those off that it has. */
  close(): void;
}

// In a folder of its own that only the user may enter: the mode of a socket depends on the umask, and others could ask it.
const socketName = 'control/socket';
/** A launcher that works on a replacement says so this often, and one that is silent for longer than {@link silenceMs} is given up. */
const signOfLifeMs = 5_000;
const silenceMs = 30_000;
const path = /^\/replicas\/([^/]+)\/replace$/;

/**
 * Listens for requests to replace a replica.
 *
 * @param replace replaces one by its name; rejects where it cannot be, or the new process is not ready
 * @throws LocalError where the path of the temporary folder is too long for a socket
 */
export async function openControlSocket(
  folder: string,
  replace: (replica: string) => Promise<void>,
): Promise<ControlSocket> {
  const server = createServer((asked, response) => {
    const name = replicaIn(asked.url ?? '');
    asked.resume();
    if (asked.method !== 'POST' || name === undefined)
      return answer(response, 404, 'expected POST /replicas/NAME/replace');
    const sign = setInterval(() => response.writeProcessing(), signOfLifeMs).unref();
    replace(name)
      .then(
        () => answer(response, 200),
        (error) => answer(response, 409, messageOf(error)),
      )
      .finally(() => clearInterval(sign));
  });
  const socketPath = join(folder, socketName);
  mkdirSync(dirname(socketPath), { mode: 0o700, recursive: true });
  server.listen(socketPath);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw isTooLong(error.code) ? new LocalError(tooLong(socketPath)) : error;
  });
  // The launcher does not stay for it.
  server.unref();
  return {
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const isTooLong = (code: string | undefined) => code === 'EINVAL' || code === 'ENAMETOOLONG';

function tooLong(socketPath: string): string {
  return `the path of the launcher's socket is ${Buffer.byteLength(socketPath)} bytes; the limit is 107, on macOS 103: start it with a shorter TMPDIR`;
}

/** What a path names; undefined where it is another path, or its encoding is broken. */
function replicaIn(url: string): string | undefined {
  try {
    return decodeURIComponent(path.exec(url)?.[1] ?? '') || undefined;
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, status: number, message?: string): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ message }));
}

/**
 * Has a launcher of the same user replace the process of one replica. Resolves when the new process is ready, and the old one has
 * finished its requests.
 *
 * @param launcherPid process id of the launcher
 * @param replica its name: `hello-1`
 * @param timeoutMs how long the launcher may be silent. It says each 5 s that it works. Default: 30 s
 * @throws LocalError where the launcher refuses, does not answer, or the new process is not ready: the message says why
 */
export async function replaceReplica(launcherPid: number, replica: string, timeoutMs = silenceMs): Promise<void> {
  const folder = runFolders().find((one) => ownerOf(one)?.pid === launcherPid);
  if (folder === undefined)
    throw new LocalError(`expected a launcher with pid ${launcherPid}, found none: start it again`);
  const url = `/replicas/${encodeURIComponent(replica)}/replace`;
  const { status, message } = await ask(join(folder, socketName), url, timeoutMs);
  if (status !== 200) throw new LocalError(message ?? `the launcher answered ${status}: expected 200`);
}

async function ask(
  socketPath: string,
  url: string,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly message?: string }> {
  try {
    const asking = request({ socketPath, path: url, method: 'POST', agent: false, timeout: timeoutMs }).end();
    asking.on('timeout', () => asking.destroy(new Error(`silent for ${timeoutMs} ms`)));
    const [response] = await once(asking, 'response');
    const { message } = (await json(response)) as { message?: string };
    return { status: response.statusCode ?? 0, ...(message !== undefined && { message }) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isTooLong(code)) throw new LocalError(tooLong(socketPath));
    throw new LocalError(
      `expected an answer of the launcher, got none (${code ?? messageOf(error)}): it may be an older version, or be stopping`,
    );
  }
}
